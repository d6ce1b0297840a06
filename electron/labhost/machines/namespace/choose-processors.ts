/** Which processors of the desktop a machine gets: those that the fewest other machines have, the lowest of them first. Pure. */

/** "0-2,7" → 0, 1, 2, 7 */
export function readProcessorList(text: string): readonly number[] {
  return text.trim().split(',').filter(part => part !== '').flatMap(part => {
    const [first, last = first] = part.split('-').map(Number) as [number, number?]
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
}

export function chooseProcessors(all: readonly number[], others: readonly (readonly number[])[], count: number): readonly number[] {
  const users = (processor: number): number => others.filter(set => set.length < all.length && set.includes(processor)).length
  return [...all].sort((a, b) => users(a) - users(b) || a - b).slice(0, count).sort((a, b) => a - b)
}
