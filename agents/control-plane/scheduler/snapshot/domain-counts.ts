/**
 * How many pods each topology domain has, with the smallest number at hand.
 *
 * Worked example: zones a and b with 3 pods each, c with 1.
 *
 *     domains   a -> {nodes 2, pods 3}   b -> {nodes 1, pods 3}   c -> {nodes 1, pods 1}
 *     levels    [0, 1, 0, 2]             one domain has one pod, two have three
 *     lowest    1
 *
 * A pod comes to c: levels become [0, 0, 1, 2]; the level c left is empty and was the lowest, so the lowest is 2.
 *
 *   DC1  A domain exists as long as a node belongs to it, with or without pods.
 *   DC2  The smallest number is kept up to date by each change; it is searched only when a domain disappears.
 */
interface Domain {
  nodes: number
  pods: number
}

export class DomainCounts {
  readonly #domains = new Map<string, Domain>()
  readonly #levels: number[] = []
  #lowest = 0
  #total = 0

  get size(): number {
    return this.#domains.size
  }

  /** Pods in all domains. */
  get total(): number {
    return this.#total
  }

  /** Smallest number of pods in any domain; 0 without domains. */
  get lowest(): number {
    return this.#domains.size === 0 ? 0 : this.#lowest
  }

  get(domain: string): number {
    return this.#domains.get(domain)?.pods ?? 0
  }

  has(domain: string): boolean {
    return this.#domains.has(domain)
  }

  entries(): IterableIterator<[string, { readonly nodes: number; readonly pods: number }]> {
    return this.#domains.entries()
  }

  addNode(domain: string, pods: number): void {
    const there = this.#domains.get(domain)
    if (there !== undefined) {
      there.nodes++
      if (pods > 0) this.add(domain, pods)
      return
    }
    this.#domains.set(domain, { nodes: 1, pods })
    this.#total += pods
    this.#levels[pods] = (this.#levels[pods] ?? 0) + 1
    if (this.#domains.size === 1 || pods < this.#lowest) this.#lowest = pods
  }

  removeNode(domain: string, pods: number): void {
    const there = this.#domains.get(domain)!
    if (pods > 0) this.add(domain, -pods)
    there.nodes--
    if (there.nodes > 0) return
    this.#domains.delete(domain) // DC1
    this.#leave(there.pods)
    this.#raise()
  }

  /** Pods came to (or, negative, left) a domain that exists. */
  add(domain: string, by: number): void {
    const there = this.#domains.get(domain)!
    const before = there.pods
    there.pods += by
    this.#total += by
    this.#leave(before)
    this.#levels[there.pods] = (this.#levels[there.pods] ?? 0) + 1
    if (there.pods < this.#lowest) this.#lowest = there.pods
    else this.#raise()
  }

  /** The smallest number if some domains had so many pods more or fewer. */
  lowestWith(changes: ReadonlyMap<string, number>): number {
    if (changes.size === 0) return this.lowest
    let lowest = Number.POSITIVE_INFINITY
    const moved: number[] = []
    for (const [domain, by] of changes) {
      const there = this.#domains.get(domain)
      if (there === undefined) continue
      moved.push(there.pods)
      lowest = Math.min(lowest, there.pods + by)
    }
    for (let level = this.lowest; level < this.#levels.length; level++) {
      const others = (this.#levels[level] ?? 0) - moved.filter(pods => pods === level).length
      if (others > 0) return Math.min(lowest, level)
    }
    return lowest === Number.POSITIVE_INFINITY ? 0 : lowest
  }

  #leave(level: number): void {
    this.#levels[level]!--
  }

  /** DC2 */
  #raise(): void {
    if (this.#domains.size === 0) return
    while ((this.#levels[this.#lowest] ?? 0) === 0) this.#lowest++
  }
}
