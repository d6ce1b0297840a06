/** A binary heap of things that know their place in it, so that any of them can be taken out in O(log n). */
export class Heap<T extends object> {
  readonly #items: T[] = []
  readonly #places = new Map<T, number>()
  readonly #before: (a: T, b: T) => boolean

  constructor(before: (a: T, b: T) => boolean) {
    this.#before = before
  }

  get size(): number {
    return this.#items.length
  }

  has(item: T): boolean {
    return this.#places.has(item)
  }

  values(): readonly T[] {
    return this.#items
  }

  peek(): T | undefined {
    return this.#items[0]
  }

  push(item: T): void {
    this.#items.push(item)
    this.#places.set(item, this.#items.length - 1)
    this.#rise(this.#items.length - 1)
  }

  pop(): T | undefined {
    const first = this.#items[0]
    if (first !== undefined) this.delete(first)
    return first
  }

  delete(item: T): boolean {
    const place = this.#places.get(item)
    if (place === undefined) return false
    const last = this.#items.pop()!
    this.#places.delete(item)
    if (last === item) return true
    this.#items[place] = last
    this.#places.set(last, place)
    this.#rise(place)
    this.#sink(this.#places.get(last)!)
    return true
  }

  #rise(from: number): void {
    let place = from
    while (place > 0) {
      const parent = (place - 1) >> 1
      if (!this.#before(this.#items[place]!, this.#items[parent]!)) return
      this.#swap(place, parent)
      place = parent
    }
  }

  #sink(from: number): void {
    let place = from
    for (;;) {
      const left = place * 2 + 1
      if (left >= this.#items.length) return
      const right = left + 1
      const child = right < this.#items.length && this.#before(this.#items[right]!, this.#items[left]!) ? right : left
      if (!this.#before(this.#items[child]!, this.#items[place]!)) return
      this.#swap(place, child)
      place = child
    }
  }

  #swap(a: number, b: number): void {
    const itemA = this.#items[a]!
    const itemB = this.#items[b]!
    this.#items[a] = itemB
    this.#items[b] = itemA
    this.#places.set(itemB, a)
    this.#places.set(itemA, b)
  }
}
