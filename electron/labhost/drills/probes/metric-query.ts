/**
 * The expressions over a component's metrics that drills may use: a part of PromQL, read into a tree.
 *
 *     etcd_server_has_leader
 *     sum(rate(apiserver_request_total{code=~"5..", verb!="WATCH"}[30s]))
 *     histogram_quantile(0.99, sum by (le) (rate(apiserver_request_duration_seconds_bucket[1m])))
 *     sum(increase(a_total[1m])) / sum(increase(b_total[1m])) * 100
 *
 * Selectors with =, !=, =~ and !~; rate and increase over a time; sum, avg, min, max and count with or without `by`;
 * histogram_quantile; numbers, + - * / and parentheses. Anything else of PromQL is refused at its place.
 */
export type MetricQuery =
  | { readonly node: 'number'; readonly value: number }
  | { readonly node: 'select'; readonly selector: Selector }
  | { readonly node: 'change'; readonly of: 'rate' | 'increase'; readonly selector: Selector; readonly windowMs: number }
  | { readonly node: 'gather'; readonly how: Gathering; readonly by: readonly string[]; readonly query: MetricQuery }
  | { readonly node: 'quantile'; readonly quantile: number; readonly query: MetricQuery }
  | { readonly node: 'operation'; readonly operator: Operator; readonly left: MetricQuery; readonly right: MetricQuery }

export interface Selector {
  readonly name: string
  readonly matchers: readonly { readonly label: string; readonly operator: '=' | '!=' | '=~' | '!~'; readonly value: string }[]
}

export type Operator = '+' | '-' | '*' | '/'
const gatherings = ['sum', 'avg', 'min', 'max', 'count'] as const
export type Gathering = (typeof gatherings)[number]

export class MetricSyntaxError extends Error {}

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 }
const longestText = 2_000
const deepest = 32

export function readMetricQuery(text: string): MetricQuery {
  if (text.length > longestText) throw new MetricSyntaxError(`an expression over metrics has at most ${longestText} characters`)
  const reader = new QueryReader(text)
  const query = reader.sum(0)
  reader.end()
  return query
}

class QueryReader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  end(): void {
    this.#take(/\s*/y)
    if (this.#at < this.#text.length) this.#refuse('an operator or the end')
  }

  sum(depth: number): MetricQuery {
    let left = this.#product(depth)
    for (let operator = this.#word(/[+-]/y); operator !== undefined; operator = this.#word(/[+-]/y)) left = { node: 'operation', operator: operator as Operator, left, right: this.#product(depth) }
    return left
  }

  #product(depth: number): MetricQuery {
    let left = this.#factor(depth)
    for (let operator = this.#word(/[*/]/y); operator !== undefined; operator = this.#word(/[*/]/y)) left = { node: 'operation', operator: operator as Operator, left, right: this.#factor(depth) }
    return left
  }

  #factor(depth: number): MetricQuery {
    if (depth > deepest) this.#refuse(`at most ${deepest} parentheses in each other`)
    if (this.#word(/\(/y) !== undefined) {
      const inner = this.sum(depth + 1)
      this.#expect(/\)/y, ')')
      return inner
    }
    const number = this.#word(/-?\d+(\.\d+)?(e[+-]?\d+)?/iy)
    if (number !== undefined) return { node: 'number', value: Number(number) }
    const begun = this.#at
    const name = this.#word(/[a-zA-Z_:][\w:]*/y)
    if (name === undefined) this.#refuse('a metric, a function or a number')
    if (name === 'rate' || name === 'increase') return this.#change(name)
    if (name === 'histogram_quantile') return this.#quantile(depth)
    if ((gatherings as readonly string[]).includes(name)) return this.#gather(name as Gathering, depth)
    if (this.#word(/\(/y) !== undefined) {
      this.#at = begun
      this.#refuse(`rate, increase, histogram_quantile, ${gatherings.join(', ')}; there is no other function here`)
    }
    return { node: 'select', selector: this.#selector(name) }
  }

  #change(of: 'rate' | 'increase'): MetricQuery {
    this.#expect(/\(/y, '(')
    const selector = this.#selector(this.#expect(/[a-zA-Z_:][\w:]*/y, 'a metric'))
    this.#expect(/\[/y, 'a time such as [30s]')
    const [, amount, unit] = /^(\d+)(ms|s|m|h)$/.exec(this.#expect(/\d+(ms|s|m|h)/y, 'a time such as 30s'))!
    this.#expect(/\]/y, ']')
    this.#expect(/\)/y, ')')
    return { node: 'change', of, selector, windowMs: Number(amount) * units[unit!]! }
  }

  #quantile(depth: number): MetricQuery {
    this.#expect(/\(/y, '(')
    const quantile = Number(this.#expect(/\d+(\.\d+)?/y, 'a quantile from 0 to 1'))
    if (quantile > 1) this.#refuse('a quantile from 0 to 1 before this')
    this.#expect(/,/y, ',')
    const query = this.sum(depth + 1)
    this.#expect(/\)/y, ')')
    return { node: 'quantile', quantile, query }
  }

  #gather(how: Gathering, depth: number): MetricQuery {
    const before = this.#by()
    this.#expect(/\(/y, '(')
    const query = this.sum(depth + 1)
    this.#expect(/\)/y, ')')
    return { node: 'gather', how, by: before ?? this.#by() ?? [], query }
  }

  #by(): readonly string[] | undefined {
    if (this.#word(/by\b/y) === undefined) return undefined
    this.#expect(/\(/y, '(')
    const labels: string[] = []
    for (let label = this.#word(/[a-zA-Z_]\w*/y); label !== undefined; label = this.#word(/[a-zA-Z_]\w*/y)) {
      labels.push(label)
      if (this.#word(/,/y) === undefined) break
    }
    this.#expect(/\)/y, ')')
    return labels
  }

  #selector(name: string): Selector {
    const matchers: { label: string; operator: '=' | '!=' | '=~' | '!~'; value: string }[] = []
    if (this.#word(/\{/y) !== undefined) {
      for (let label = this.#word(/[a-zA-Z_]\w*/y); label !== undefined; label = this.#word(/[a-zA-Z_]\w*/y)) {
        const operator = this.#expect(/=~|!~|!=|=/y, '=, !=, =~ or !~') as '=' | '!=' | '=~' | '!~'
        const quoted = this.#expect(/"(?:[^"\\]|\\.)*"/y, 'a value in double quotes')
        const value = quoted.slice(1, -1).replaceAll(/\\(.)/g, '$1')
        if (operator.endsWith('~')) this.#requireExpression(value)
        matchers.push({ label, operator, value })
        if (this.#word(/,/y) === undefined) break
      }
      this.#expect(/\}/y, '} or a label')
    }
    return { name, matchers }
  }

  #requireExpression(value: string): void {
    try {
      RegExp(value)
    } catch {
      this.#refuse('a regular expression before this')
    }
  }

  #word(pattern: RegExp): string | undefined {
    this.#take(/\s*/y)
    return this.#take(pattern)
  }

  #expect(pattern: RegExp, wanted: string): string {
    return this.#word(pattern) ?? this.#refuse(wanted)
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at
    const found = pattern.exec(this.#text)?.[0]
    if (found !== undefined) this.#at += found.length
    return found
  }

  #refuse(wanted: string): never {
    throw new MetricSyntaxError(`${JSON.stringify(this.#text)} is not understood at character ${this.#at + 1}: ${wanted} is expected there`)
  }
}
