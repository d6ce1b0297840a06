/** What iptables-save printed: for each table its chains and their rules. */
export class SavedTables {
  readonly #tables = new Map<string, Map<string, string[]>>()

  constructor(text: string) {
    let chains = new Map<string, string[]>()
    for (const line of text.split('\n')) {
      if (line.startsWith('*')) {
        chains = new Map()
        this.#tables.set(line.slice(1).trim(), chains)
      } else if (line.startsWith(':')) {
        chains.set(line.slice(1, line.indexOf(' ')), [])
      } else if (line.startsWith('-A ')) {
        const [, chain = '', rule = ''] = /^-A (\S+) ?(.*?)\s*$/.exec(line) ?? []
        const rules = chains.get(chain)
        if (rules === undefined) chains.set(chain, [rule])
        else rules.push(rule)
      }
    }
  }

  chains(table: string): readonly string[] {
    return [...(this.#tables.get(table)?.keys() ?? [])]
  }

  has(table: string, chain: string): boolean {
    return this.#tables.get(table)?.has(chain) ?? false
  }

  /** Without the leading -A and the chain. */
  rules(table: string, chain: string): readonly string[] {
    return this.#tables.get(table)?.get(chain) ?? []
  }
}
