/**
 * How well a text answers what was typed: every typed word has to be in it, in any order.
 *
 *   MW1  null: a word is missing. Otherwise smaller is better: words at the beginning of the text first, then at the
 *        beginning of one of its words, then inside.
 */
export function matchWords(typed: string, text: string): number | null {
  const lower = text.toLowerCase()
  let score = 0
  for (const word of typed.toLowerCase().split(/\s+/)) {
    if (word === '') continue
    const at = lower.indexOf(word)
    if (at < 0) return null
    score += at === 0 ? 0 : /[\s./:-]/.test(lower[at - 1]!) ? 1 : 2
  }
  return score
}

/** Those that match, best first, in their own order where equal. */
export function bestMatches<T>(typed: string, items: readonly T[], textOf: (item: T) => string): readonly T[] {
  if (typed.trim() === '') return items
  const found = items.flatMap((item, index) => {
    const score = matchWords(typed, textOf(item))
    return score === null ? [] : [{ item, score, index }]
  })
  return found.sort((a, b) => a.score - b.score || a.index - b.index).map(({ item }) => item)
}
