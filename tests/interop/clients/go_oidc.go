// Debian's go-oidc over golang.org/x/oauth2, as its README has it, with PKCE. `go_oidc ISSUER SECRET BROWSE`.
package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"log"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"time"

	oidc "github.com/coreos/go-oidc"
	"golang.org/x/oauth2"
)

const callback = "https://rp.example/callback"

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func text() string {
	random := make([]byte, 32)
	_, err := rand.Read(random)
	check(err)
	return base64.RawURLEncoding.EncodeToString(random)
}

func main() {
	issuer, secret, browse := os.Args[1], os.Args[2], os.Args[3]
	ctx := context.Background()
	provider, err := oidc.NewProvider(ctx, issuer)
	check(err)
	config := oauth2.Config{ClientID: "go-oidc", ClientSecret: secret, Endpoint: provider.Endpoint(), RedirectURL: callback,
		Scopes: []string{oidc.ScopeOpenID, "email", oidc.ScopeOfflineAccess}}
	state, nonce, verifier := text(), text(), text()
	hash := sha256.Sum256([]byte(verifier))
	link := config.AuthCodeURL(state, oidc.Nonce(nonce), oauth2.SetAuthURLParam("code_challenge_method", "S256"),
		oauth2.SetAuthURLParam("code_challenge", base64.RawURLEncoding.EncodeToString(hash[:])))
	led, err := exec.Command("bash", browse, link, callback).Output()
	check(err)
	back, err := url.Parse(strings.TrimSpace(string(led)))
	check(err)
	if back.Query().Get("state") != state {
		log.Fatal("another state")
	}
	token, err := config.Exchange(ctx, back.Query().Get("code"), oauth2.SetAuthURLParam("code_verifier", verifier))
	check(err)
	raw, _ := token.Extra("id_token").(string)
	id, err := provider.Verifier(&oidc.Config{ClientID: config.ClientID}).Verify(ctx, raw)
	check(err)
	if id.Nonce != nonce || id.VerifyAccessToken(token.AccessToken) != nil {
		log.Fatal("an ID token of another login")
	}
	user, err := provider.UserInfo(ctx, config.TokenSource(ctx, token))
	check(err)
	if user.Email != "alice@example.com" || user.Subject != id.Subject {
		log.Fatal("another user")
	}
	old := token.AccessToken
	token.Expiry = time.Now().Add(-time.Hour)
	token, err = config.TokenSource(ctx, token).Token()
	check(err)
	if token.AccessToken == old {
		log.Fatal("not refreshed")
	}
}
