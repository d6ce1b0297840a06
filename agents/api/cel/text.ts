/** Strings as CEL counts them: by code point, although JavaScript keeps them in UTF-16 units. */
const surrogate = /[\ud800-\udfff]/

export function codePointLength(text: string): number {
  if (!surrogate.test(text)) return text.length
  let length = 0
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index)
    if (unit >= 0xd800 && unit <= 0xdbff) index += 1
    length += 1
  }
  return length
}

/** The characters of a text; the text itself where units and characters are the same. */
export function charactersOf(text: string): ArrayLike<string> {
  return surrogate.test(text) ? [...text] : text
}

/** Characters from `start` up to, not including, `end`. */
export function sliceCharacters(text: string, start: number, end: number): string {
  return surrogate.test(text) ? [...text].slice(start, end).join('') : text.slice(start, end)
}
