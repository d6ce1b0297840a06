/**
 * Who may talk to the lab host. Pure: header values in, verdict out.
 *
 *   GW1  Only requests addressed to 127.0.0.1 or localhost at our own port are answered: a foreign name that resolves
 *        to this machine (DNS rebinding) is refused.
 *   GW2  An Origin, where there is one, must be our own page's. A browser always sends it with a WebSocket.
 *   GW3  The contract needs the token of this run: as a Bearer header (command line) or as the page's cookie. A cookie
 *        without an Origin is not enough for the contract.
 *   GW4  Secrets are compared in constant time.
 *   GW5  The page's cookie is HttpOnly, SameSite=Strict and named after the port, since cookies ignore ports.
 */
import { createHash, timingSafeEqual } from 'node:crypto'

export interface RequestFacts {
  readonly host: string | undefined
  readonly origin: string | undefined
  readonly authorization: string | undefined
  readonly cookie: string | undefined
}

export interface GateSecrets {
  readonly port: number
  readonly token: string
  readonly session: string
}

export type Verdict = { readonly admitted: true } | { readonly admitted: false; readonly code: 401 | 403 | 421; readonly reason: string }

const admitted: Verdict = { admitted: true }

/** GW1 and GW2: required of every request, with or without secrets. */
export function checkAddressing(facts: RequestFacts, port: number): Verdict {
  const ours = [`127.0.0.1:${port}`, `localhost:${port}`]
  if (facts.host === undefined || !ours.includes(facts.host.toLowerCase())) return { admitted: false, code: 421, reason: 'this server answers only to 127.0.0.1' }
  if (facts.origin !== undefined && !ours.some(host => facts.origin === `http://${host}`)) return { admitted: false, code: 403, reason: 'a page from elsewhere may not use the lab host' }
  return admitted
}

/** GW3. */
export function checkContract(facts: RequestFacts, secrets: GateSecrets): Verdict {
  const addressing = checkAddressing(facts, secrets.port)
  if (!addressing.admitted) return addressing
  const bearer = /^Bearer (.+)$/.exec(facts.authorization ?? '')?.[1]
  if (bearer !== undefined) return sameSecret(bearer, secrets.token) ? admitted : { admitted: false, code: 401, reason: 'the token is not that of this run' }
  if (!hasSession(facts, secrets)) return { admitted: false, code: 401, reason: 'no token; open the page with: kubarium app' }
  if (facts.origin === undefined) return { admitted: false, code: 403, reason: 'a cookie without an Origin is not enough' }
  return admitted
}

export function hasSession(facts: RequestFacts, secrets: GateSecrets): boolean {
  const prefix = `${cookieName(secrets.port)}=`
  return (facts.cookie ?? '').split(/;\s*/).some(cookie => cookie.startsWith(prefix) && sameSecret(cookie.slice(prefix.length), secrets.session))
}

export function sessionCookie(secrets: GateSecrets): string {
  return `${cookieName(secrets.port)}=${secrets.session}; Path=/; HttpOnly; SameSite=Strict` // GW5
}

/** GW4: digests have one length, so nothing about the secret shows in the time taken. */
export function sameSecret(given: string, secret: string): boolean {
  return timingSafeEqual(createHash('sha256').update(given).digest(), createHash('sha256').update(secret).digest())
}

function cookieName(port: number): string {
  return `kubarium-${port}`
}
