// A HashiCorp Vault in memory, for tests: the real server, unsealed, with the login methods that the
// deployer speaks. It prints one JSON line with address, root token and unseal key, and ends when its
// standard input does, so that it never outlives the test that started it.
package main

import (
	"context"
	"crypto/tls"
	"encoding/hex"
	"encoding/json"
	"flag"
	"io"
	"net"
	"net/http"
	"os"

	"github.com/hashicorp/go-hclog"
	jwt "github.com/hashicorp/vault-plugin-auth-jwt"
	kubernetes "github.com/hashicorp/vault-plugin-auth-kubernetes"
	kv "github.com/hashicorp/vault-plugin-secrets-kv"
	"github.com/hashicorp/vault/audit"
	"github.com/hashicorp/vault/builtin/credential/approle"
	awsauth "github.com/hashicorp/vault/builtin/credential/aws"
	"github.com/hashicorp/vault/builtin/credential/cert"
	"github.com/hashicorp/vault/builtin/credential/github"
	"github.com/hashicorp/vault/builtin/credential/ldap"
	"github.com/hashicorp/vault/builtin/credential/radius"
	"github.com/hashicorp/vault/builtin/credential/userpass"
	"github.com/hashicorp/vault/helper/builtinplugins"
	vaulthttp "github.com/hashicorp/vault/http"
	"github.com/hashicorp/vault/internalshared/configutil"
	"github.com/hashicorp/vault/sdk/logical"
	"github.com/hashicorp/vault/sdk/physical/inmem"
	"github.com/hashicorp/vault/vault"
)

var (
	listen      = flag.String("listen", "127.0.0.1:0", "address to listen on")
	certificate = flag.String("tls-certificate", "", "PEM file; serves TLS and asks for client certificates")
	key         = flag.String("tls-key", "", "PEM file of the certificate's key")
	stay        = flag.Bool("stay", false, "keep running when standard input ends")
)

func main() {
	flag.Parse()
	logger := hclog.New(&hclog.LoggerOptions{Level: hclog.Warn, Output: os.Stderr})
	listener := must(net.Listen("tcp", *listen))
	scheme := "http"
	if *certificate != "" {
		scheme = "https"
		pair := must(tls.LoadX509KeyPair(*certificate, *key))
		listener = tls.NewListener(listener, &tls.Config{
			Certificates: []tls.Certificate{pair},
			ClientAuth:   tls.RequestClientCert,
		})
	}
	address := scheme + "://" + listener.Addr().String()

	core := must(vault.NewCore(&vault.CoreConfig{
		Physical:        must(inmem.NewInmem(nil, logger)),
		Logger:          logger,
		DisableMlock:    true,
		RedirectAddr:    address,
		BuiltinRegistry: builtinplugins.Registry,
		LogicalBackends: map[string]logical.Factory{"kv": kv.Factory},
		CredentialBackends: map[string]logical.Factory{
			"approle": approle.Factory, "aws": awsauth.Factory, "cert": cert.Factory, "github": github.Factory,
			"jwt": jwt.Factory, "kubernetes": kubernetes.Factory, "ldap": ldap.Factory, "radius": radius.Factory,
			"userpass": userpass.Factory,
		},
		AuditBackends: map[string]audit.Factory{"file": audit.NewFileBackend},
	}))
	shares := &vault.SealConfig{SecretShares: 1, SecretThreshold: 1}
	made := must(core.Initialize(context.Background(), &vault.InitParams{BarrierConfig: shares}))
	must(core.Unseal(made.SecretShares[0]))

	handler := vaulthttp.Handler.Handler(&vault.HandlerProperties{
		Core:           core,
		ListenerConfig: &configutil.Listener{Address: listener.Addr().String()},
	})
	go func() { panic(http.Serve(listener, handler)) }()
	must(0, json.NewEncoder(os.Stdout).Encode(map[string]string{
		"address": address, "root_token": made.RootToken, "unseal_key": hex.EncodeToString(made.SecretShares[0]),
	}))
	if *stay {
		select {}
	}
	io.Copy(io.Discard, os.Stdin)
}

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}
