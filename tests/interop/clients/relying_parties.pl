# Relying parties from Debian's Perl packages against attesto's provider. `relying_parties.pl NAME INFO`.
use strict;
use warnings;
use JSON::PP;

my ($name, $info) = ($ARGV[0], decode_json($ARGV[1]));
my ($issuer, $secret, $callback) = ($info->{issuer}, $info->{secret}, "https://rp.example/callback");
my $here = $0 =~ s{[^/]*$}{}r;

sub code {
    my ($link) = @_;
    open(my $browser, "-|", "bash", "${here}browse.sh", "$link", $callback) or die;
    my ($code) = <$browser> =~ /[?&]code=([^&\s]+)/ or die "no code";
    return $code;
}

{
    package Attesto;
    our @ISA = ("LWP::Authen::OAuth2::ServiceProvider");
    sub authorization_endpoint { "$issuer/oauth/authorize" }
    sub token_endpoint { "$issuer/oauth/token" }
}

my %relying_parties = (
    "liblwp-authen-oauth2-perl" => sub {
        require LWP::Authen::OAuth2;
        $INC{"Attesto.pm"} = 1;
        require LWP::Authen::OAuth2::ServiceProvider;
        my $client = LWP::Authen::OAuth2->new(
            client_id => $name, client_secret => $secret, service_provider => "Attesto", redirect_uri => $callback, scope => "openid email",
        );
        $client->request_tokens(code => code($client->authorization_url(state => "s")));
        my $answer = $client->get("$issuer/userinfo");
        die $answer->status_line unless $answer->decoded_content =~ /alice\@example.com/;
    },
    "libnet-oauth2-perl" => sub {
        require Net::OAuth2::Profile::WebServer;
        my $client = Net::OAuth2::Profile::WebServer->new(
            client_id => $name, client_secret => $secret, site => $issuer, authorize_path => "/oauth/authorize", access_token_path => "/oauth/token",
            refresh_token_path => "/oauth/token", redirect_uri => $callback, scope => "openid email",
        );
        my $token = $client->get_access_token(code($client->authorize));
        my $answer = $token->get("/userinfo");
        die $answer->status_line unless $answer->decoded_content =~ /alice\@example.com/;
        $token->refresh;
    },
);
$relying_parties{$name}->();
