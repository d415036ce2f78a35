# Relying parties from Debian's Ruby packages against attesto's provider. `relying_parties.rb NAME INFO`.
require "json"
require "securerandom"
require "uri"

NAME, INFO = ARGV[0], JSON.parse(ARGV[1])
ISSUER, SECRET, CALLBACK = INFO["issuer"], INFO["secret"], "https://rp.example/callback"

def browse(link, callback = CALLBACK)
  IO.popen(["bash", File.join(__dir__, "browse.sh"), link.to_s, callback], &:read).strip
end

def code(link)
  browse(link)[/[?&]code=([^&\s]+)/, 1]
end

def keys
  require "net/http"
  Net::HTTP.get(URI("#{ISSUER}/.well-known/jwks.json"))
end

# The two libraries on OpenIDConnect want the parts of the provider's address.
def parts
  at = URI(ISSUER)
  {
    identifier: NAME, secret: SECRET, scheme: at.scheme, host: at.host, port: at.port, authorization_endpoint: "/oauth/authorize",
    token_endpoint: "/oauth/token", userinfo_endpoint: "/userinfo"
  }
end

def ruby_oauth2
  require "oauth2"
  client = OAuth2::Client.new(NAME, SECRET, site: ISSUER, authorize_url: "/oauth/authorize", token_url: "/oauth/token")
  token = client.auth_code.get_token(code(client.auth_code.authorize_url(redirect_uri: CALLBACK, scope: "openid email", state: "s")), redirect_uri: CALLBACK)
  raise "no userinfo" unless token.get("/userinfo").body.include?("alice@example.com")
  raise "not refreshed" if token.refresh!.token == token.token
end

def ruby_openid_connect
  require "openid_connect"
  require "digest"
  client = OpenIDConnect::Client.new(**parts, redirect_uri: CALLBACK)
  nonce, verifier = SecureRandom.hex(16), SecureRandom.urlsafe_base64(32)
  challenge = Base64.urlsafe_encode64(Digest::SHA256.digest(verifier), padding: false)
  link = client.authorization_uri(scope: [:email], state: "s", nonce: nonce, code_challenge: challenge, code_challenge_method: "S256")
  client.authorization_code = code(link)
  token = client.access_token!(code_verifier: verifier)
  id_token = OpenIDConnect::ResponseObject::IdToken.decode(token.id_token, JSON::JWK::Set.new(JSON.parse(keys)["keys"]))
  id_token.verify!(issuer: ISSUER, client_id: NAME, nonce: nonce)
  raise "no userinfo" unless token.userinfo!.email == "alice@example.com"
  client.refresh_token = token.refresh_token
  raise "not refreshed" if client.access_token!.access_token == token.access_token
end

def ruby_omniauth_openid_connect
  require "omniauth_openid_connect"
  require "rack/mock"
  require "rack/session/cookie"
  home = "https://rp.example"
  OmniAuth.config.allowed_request_methods = [:get]
  OmniAuth.config.silence_get_warning = true
  OmniAuth.config.logger = Logger.new(File::NULL)
  options = {
    issuer: ISSUER, scope: [:openid, :email], client_jwk_signing_key: keys,
    client_options: parts.merge(redirect_uri: "#{home}/auth/openid_connect/callback")
  }
  who = ->(env) { [200, {}, [env["omniauth.auth"]&.info&.email.to_s]] }
  app = Rack::Builder.app do
    use Rack::Session::Cookie, secret: "x" * 64
    use(OmniAuth::Builder) { provider :openid_connect, options }
    run who
  end
  visitor = Rack::MockRequest.new(app)
  began = visitor.get("#{home}/auth/openid_connect")
  back = browse(began["location"], home)
  done = visitor.get(back, "HTTP_COOKIE" => began["set-cookie"][/^[^;]+/])
  raise "#{done.status} #{done['location']} #{done.body}" unless done.body == "alice@example.com"
end

send(NAME.tr("-", "_"))
