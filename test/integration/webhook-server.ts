/** A webhook as a user would write one: an HTTPS server that is asked about requests, answers as a test says, and remembers. */
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { CertifiedKey } from './test-pki.ts'

/* eslint-disable @typescript-eslint/no-explicit-any -- reviews are read freely */
export interface Asked {
  readonly path: string
  readonly query: string
  readonly request: any
  readonly review: any
}

export type Answer = { allowed?: boolean; patch?: unknown[]; status?: object; warnings?: string[]; auditAnnotations?: Record<string, string>; raw?: string; code?: number; delayMs?: number; review?: object }

export interface WebhookServer extends Disposable {
  readonly port: number
  readonly asked: Asked[]
  /** What is answered on a path; everything is allowed without. */
  answer(path: string, answer: Answer | ((request: any) => Answer)): void
  /** Takes away what was asked since the last time. */
  take(path?: string): Asked[]
}

export async function startWebhookServer(key: CertifiedKey, address = '127.0.0.1'): Promise<WebhookServer> {
  const asked: Asked[] = []
  const answers = new Map<string, Answer | ((request: any) => Answer)>()
  const server = createServer({ cert: key.cert, key: key.key }, (incoming, outgoing) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const review = JSON.parse(Buffer.concat(chunks).toString('utf8'))
      const [path = '/', query = ''] = incoming.url!.split('?')
      asked.push({ path, query, request: review.request, review })
      const said = answers.get(path)
      const answer = typeof said === 'function' ? said(review.request) : (said ?? {})
      const { patch, raw, code = 200, delayMs = 0, review: whole, ...rest } = answer
      const body = raw ?? JSON.stringify(whole ?? {
        apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview',
        response: { uid: review.request.uid, allowed: true, ...rest, ...(patch === undefined ? {} : { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }) },
      })
      setTimeout(() => { outgoing.writeHead(code, { 'content-type': raw === undefined ? 'application/json' : 'text/plain' }).end(body) }, delayMs)
    })
  })
  await new Promise<void>(resolve => { server.listen(0, address, resolve) })
  return {
    port: (server.address() as AddressInfo).port,
    asked,
    answer: (path, answer) => { answers.set(path, answer) },
    take(path) {
      const taken = asked.filter(each => path === undefined || each.path === path)
      asked.length = 0
      return taken
    },
    [Symbol.dispose]: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}
