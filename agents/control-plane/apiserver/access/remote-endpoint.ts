/** A webhook that a kubeconfig names, for token and access reviews. */
import { readKubeconfig } from '../../../runtime/index.ts'
import type { WebhookClient, WebhookClients } from '../webhooks/webhook-client.ts'
import { readNamedFile } from './watched-file.ts'

/** The kubeconfig's cluster is the whole URL of the webhook, as upstream reads it. */
export function clientOfKubeconfig(file: string, webhooks: WebhookClients): WebhookClient {
  const { server, ca, clientCert, clientKey, token, tokenFile, serverName, insecureSkipVerify } = readKubeconfig(file)
  const currentToken = tokenFile === undefined ? token === undefined ? undefined : () => token : () => readNamedFile(tokenFile).trim()
  return webhooks.clientWith({ url: server }, {
    ...(ca === undefined ? {} : { ca }),
    ...(clientCert === undefined ? {} : { clientCert }),
    ...(clientKey === undefined ? {} : { clientKey }),
    ...(currentToken === undefined ? {} : { token: currentToken }),
    ...(serverName === undefined ? {} : { serverName }),
    ...(insecureSkipVerify === undefined ? {} : { insecureSkipVerify }),
  })
}
