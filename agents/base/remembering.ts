/**
 * What a function makes of short texts that come again and again, kept.
 *
 *   RM1  The function makes the same of a text every time, and nobody changes what it made. What it throws is not kept.
 *   RM2  Texts of 13 characters and more are not kept unless the caller allows it: the engine may hold such a text as a part
 *        of a much longer one, a whole request, which would then stay in memory with it.
 *   RM3  When there is no more room everything is forgotten at once.
 */
export function remembering<T>(make: (text: string) => T, { maxLength = 12, maxTexts = 1_000 }: { readonly maxLength?: number; readonly maxTexts?: number } = {}): (text: string) => T {
  const known = new Map<string, T>()
  return text => {
    const found = known.get(text)
    if (found !== undefined) return found
    const made = make(text)
    if (text.length > maxLength) return made
    if (known.size >= maxTexts) known.clear()
    known.set(text, made)
    return made
  }
}
