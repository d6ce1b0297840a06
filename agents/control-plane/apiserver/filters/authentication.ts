/**
 * Nobody passes unnamed. Upstream: apiserver/pkg/endpoints/filters/authentication.go, authentication/request/anonymous.
 *
 *   AF1  Credentials that do not hold are a 401 and never anonymous; why is logged, without the credentials.
 *   AF2  Without credentials a request is system:anonymous where that is allowed: everywhere, nowhere, or on listed paths.
 *   AF3  Whoever has been known by a header cannot be known by it further in: credentials are taken off the request.
 *   AF4  An answer meant for audiences this server does not have is not for it.
 */
import type { Log } from '../../../base/log.ts'
import type { Metrics } from '../../../machinery/metrics.ts'
import type { Authentication, Authenticator } from '../access/authenticator.ts'
import type { FrontProxy } from '../access/front-proxy.ts'
import { anonymous } from '../access/user-info.ts'
import { unauthorized } from '../http/api-error.ts'
import type { Exchange } from '../http/exchange.ts'
import type { Filter } from './filter.ts'

export interface AnonymousRule {
  readonly allowed: boolean
  /** Only these paths, if any are listed. */
  readonly paths: readonly string[]
}

export interface AuthenticationFilterDeps {
  readonly authenticator: Authenticator
  /** Asked for every request: the rule may be read anew. */
  readonly anonymous: () => AnonymousRule
  readonly frontProxy: FrontProxy | undefined
  readonly log: Log
  readonly metrics: Metrics
}

export function authentication({ authenticator, anonymous: rule, frontProxy, log, metrics }: AuthenticationFilterDeps): Filter {
  const attempts = metrics.counter({ name: 'authentication_attempts', help: 'Counter of authenticated attempts.', labels: ['result'] })
  const users = metrics.counter({ name: 'authenticated_user_requests', help: 'Counter of authenticated requests broken out by username.', labels: ['username'] })
  const succeeded = attempts.series({ result: 'success' })
  const others = users.series({ username: 'other' })
  const admit = (exchange: Exchange, outcome: Authentication) => {
    if (outcome.verdict === 'refused') {
      attempts.add(1, { result: 'error' })
      log.debug('unable to authenticate the request', { auditId: exchange.auditId, reason: outcome.reason }) // AF1
      throw unauthorized()
    }
    if (outcome.verdict === 'unknown' && !allowsAnonymous(rule(), exchange)) {
      attempts.add(1, { result: 'failure' })
      throw unauthorized()
    }
    exchange.user = outcome.verdict === 'known' ? outcome.user : anonymous
    succeeded.add()
    if (namedUsers.has(exchange.user.name)) users.add(1, { username: exchange.user.name })
    else others.add()
    exchange.removeHeader('authorization') // AF3
    frontProxy?.takeHeadersOff(exchange)
  }
  return (exchange, next) => {
    const asked = authenticator.authenticate(exchange)
    if (asked instanceof Promise) return asked.then(outcome => { admit(exchange, outcome) }).then(next)
    admit(exchange, asked)
    return next()
  }
}

/** AF2 */
function allowsAnonymous({ allowed, paths }: AnonymousRule, exchange: Exchange): boolean {
  return allowed && (paths.length === 0 || paths.includes(exchange.path))
}

/** Few names, however many users there are. */
const namedUsers = new Set(['admin', 'client', 'kube_proxy', 'kubelet', 'system:serviceaccount:kube-system:default'])
