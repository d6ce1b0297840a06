const few = 16

/** Sorts in place. A few are put into place one by one: sort() takes memory of its own, which shows where it is called for every object. */
export function sortFew<T>(items: T[], compare: (a: T, b: T) => number): T[] {
  if (items.length > few) return items.sort(compare)
  for (let next = 1; next < items.length; next++) {
    const item = items[next]!
    let at = next
    for (; at > 0 && compare(items[at - 1]!, item) > 0; at--) items[at] = items[at - 1]!
    items[at] = item
  }
  return items
}
