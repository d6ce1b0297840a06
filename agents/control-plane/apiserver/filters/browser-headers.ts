/**
 * What browsers are told. Upstream: apiserver/pkg/server/filters/{cors,hsts,goaway}.go.
 *
 *   BH1  Pages of an allowed origin may call with credentials; their question before a call (OPTIONS) is answered here,
 *        before anybody is authenticated. Other origins get nothing, and browsers then keep the answer from the page.
 *   BH2  With directives given, every answer says that this host is spoken to over TLS only.
 *   BH3  With a chance given, an HTTP/2 connection is now and then told to end, so that clients spread over the servers
 *        behind a balancer; what runs on it goes on.
 */
import type { RE2JS } from 're2js'
import type { Random } from '../../../base/random.ts'
import type { Filter } from './filter.ts'

export function browserHeaders(options: { readonly origins: readonly RE2JS[]; readonly transportSecurity: string; readonly goawayChance: number }, random: Random): readonly Filter[] {
  const filters: Filter[] = []
  const { origins, transportSecurity, goawayChance } = options
  if (transportSecurity !== '') {
    filters.push((exchange, next) => { // BH2
      exchange.headers['strict-transport-security'] = transportSecurity
      return next()
    })
  }
  if (goawayChance > 0) {
    filters.push((exchange, next) => { // BH3
      if ('stream' in exchange.request && random.next() < goawayChance) exchange.request.stream.session?.goaway()
      return next()
    })
  }
  if (origins.length > 0) filters.push(cors(origins))
  return filters
}

function cors(origins: readonly RE2JS[]): Filter {
  return async (exchange, next) => {
    const origin = exchange.header('origin') ?? ''
    if (origin === '' || !origins.some(pattern => pattern.matcher(origin).find())) {
      await next()
      return
    }
    Object.assign(exchange.headers, { // BH1
      'access-control-allow-origin': origin,
      'access-control-allow-methods': 'POST, GET, OPTIONS, PUT, DELETE, PATCH',
      'access-control-allow-headers': 'Content-Type, Content-Length, Accept-Encoding, X-CSRF-Token, Authorization, X-Requested-With, If-Modified-Since',
      'access-control-expose-headers': 'Date',
      'access-control-allow-credentials': 'true',
    })
    if (exchange.method === 'OPTIONS') exchange.sendNoContent()
    else await next()
  }
}
