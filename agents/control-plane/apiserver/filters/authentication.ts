import type { Authenticator } from '../access/authenticator.ts'
import { anonymous } from '../access/user-info.ts'
import { unauthorized } from '../http/api-error.ts'
import type { Filter } from './filter.ts'

/** Nobody passes unnamed; credentials that do not hold are a 401, never anonymous. */
export function authentication(authenticator: Authenticator, allowAnonymous: boolean): Filter {
  return async (exchange, next) => {
    const outcome = await authenticator.authenticate(exchange)
    if (outcome.verdict === 'refused') throw unauthorized()
    if (outcome.verdict === 'unknown' && !allowAnonymous) throw unauthorized()
    exchange.user = outcome.verdict === 'known' ? outcome.user : anonymous
    delete exchange.request.headers['authorization']
    await next()
  }
}
