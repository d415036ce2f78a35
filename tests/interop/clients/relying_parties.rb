# Relying parties from Debian's Ruby packages against attesto's provider. `relying_parties.rb NAME INFO`.
require "json"
require "oauth2"

name, info = ARGV[0], JSON.parse(ARGV[1])
callback = "https://rp.example/callback"
client = OAuth2::Client.new(name, info["secret"], site: info["issuer"], authorize_url: "/oauth/authorize", token_url: "/oauth/token")
link = client.auth_code.authorize_url(redirect_uri: callback, scope: "openid email", state: "s")
back = IO.popen(["bash", File.join(__dir__, "browse.sh"), link, callback], &:read)
token = client.auth_code.get_token(back[/[?&]code=([^&\s]+)/, 1], redirect_uri: callback)
raise "no userinfo" unless token.get("/userinfo").body.include?("alice@example.com")
raise "not refreshed" if token.refresh!.token == token.token
