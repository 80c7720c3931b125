// A certified OpenID Connect provider that nobody here wrote (npm oidc-provider), with its own login page.
// Arguments: where it sends people back to, the client's public key (JWK), which identifier each login has (JSON).
// Whoever types a login is believed; it prints its port.
import http from "node:http";

import Provider from "oidc-provider";

const [back, key, people] = process.argv.slice(2);
const held = JSON.parse(people);
let answer;
const server = http.createServer((request, response) => answer(request, response));

server.listen(0, "127.0.0.1", () => {
  const { port } = server.address();
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients: [
      {
        client_id: "obmin",
        redirect_uris: [back],
        token_endpoint_auth_method: "private_key_jwt",
        token_endpoint_auth_signing_alg: "ES256",
        id_token_signed_response_alg: "RS256",
        jwks: { keys: [JSON.parse(key)] },
      },
    ],
    claims: { openid: ["sub", "identifier"] },
    pkce: { required: () => true },
    cookies: { keys: ["for tests alone"] },
    findAccount: (_, id) => ({
      accountId: id,
      claims: () => ({ sub: id, identifier: held[id] }),
    }),
  });
  answer = provider.callback();
  console.log(port);
});
