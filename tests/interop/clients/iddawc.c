/* Debian's libiddawc against attesto's provider, as its example for Google has it, with PKCE. `client ISSUER SECRET BROWSE`. */
#include <iddawc.h>
#include <stdio.h>
#include <string.h>

#define CALLBACK "https://rp.example/callback"

static int failed(const char *what, int code) {
  fprintf(stderr, "%s: %d\n", what, code);
  return 1;
}

int main(int count, char **arguments) {
  struct _i_session session;
  char text[4096], first[4096];
  FILE *browser;
  int code;

  if (count != 4) return failed("arguments", count);
  i_init_session(&session);
  snprintf(text, sizeof text, "%s/.well-known/openid-configuration", arguments[1]);
  i_set_parameter_list(&session, I_OPT_RESPONSE_TYPE, I_RESPONSE_TYPE_CODE, I_OPT_OPENID_CONFIG_ENDPOINT, text, I_OPT_CLIENT_ID, "libiddawc",
                       I_OPT_CLIENT_SECRET, arguments[2], I_OPT_REDIRECT_URI, CALLBACK, I_OPT_SCOPE, "openid email", I_OPT_STATE_GENERATE, 16,
                       I_OPT_NONCE_GENERATE, 32, I_OPT_PKCE_CODE_VERIFIER_GENERATE, 43, I_OPT_PKCE_METHOD, I_PKCE_METHOD_S256,
                       I_OPT_TOKEN_METHOD, I_TOKEN_AUTH_METHOD_SECRET_BASIC, I_OPT_NONE);
  if ((code = i_get_openid_config(&session)) != I_OK) return failed("configuration", code);
  if ((code = i_build_auth_url_get(&session)) != I_OK) return failed("link", code);
  snprintf(text, sizeof text, "bash '%s' '%s' '%s'", arguments[3], i_get_str_parameter(&session, I_OPT_REDIRECT_TO), CALLBACK);
  browser = popen(text, "r");
  if (!browser || !fgets(text, sizeof text, browser) || pclose(browser)) return failed("browser", 0);
  text[strcspn(text, "\n")] = 0;
  i_set_str_parameter(&session, I_OPT_REDIRECT_TO, text);
  if ((code = i_parse_redirect_to(&session)) != I_OK) return failed("answer", code);
  /* Verifies the ID token as well. */
  if ((code = i_run_token_request(&session)) != I_OK) return failed("token", code);
  if ((code = i_get_userinfo(&session, 0)) != I_OK) return failed("userinfo", code);
  if (!strstr(i_get_str_parameter(&session, I_OPT_USERINFO), "alice@example.com")) return failed("another user", 0);
  snprintf(first, sizeof first, "%s", i_get_str_parameter(&session, I_OPT_ACCESS_TOKEN));
  i_set_response_type(&session, I_RESPONSE_TYPE_REFRESH_TOKEN);
  if ((code = i_run_token_request(&session)) != I_OK) return failed("refresh", code);
  if (!strcmp(first, i_get_str_parameter(&session, I_OPT_ACCESS_TOKEN))) return failed("not refreshed", 0);
  i_clean_session(&session);
  return 0;
}
