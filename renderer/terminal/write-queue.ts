/**
 * What a program writes faster than a screen can draw it.
 *
 *   WQ1  One part is drawn at a time; the next goes to the screen when it says that the last is drawn.
 *   WQ2  Of what waits at most `most` characters are kept: when there is more, the older half goes, up to the end of a line. It would have
 *        scrolled away undrawn. The screen's colours and letters begin anew there.
 *   WQ3  A part is what the screen draws in some 10 ms, as it showed with the parts before: so a frame comes between two parts, on a slow machine too.
 */

/** Of one part: the least, what it begins with, and the most. */
const partCharacters = { least: 1024, first: 8 * 1024, most: 64 * 1024 } as const
/** A part that took less may be larger next time; one that took more is to be smaller. */
const drawnMs = { little: 8, much: 20 } as const
const anew = '\x1b[0m\x1b(B\x0f'

export class WriteQueue {
  readonly #draw: (data: string, drawn: () => void) => void
  readonly #most: number
  #waiting: string[] = []
  #characters = 0
  #isDrawing = false
  readonly #now: () => number
  #part: number = partCharacters.first

  /** `now`: milliseconds. */
  constructor(draw: (data: string, drawn: () => void) => void, now: () => number, most = 512 * 1024) {
    this.#draw = draw
    this.#now = now
    this.#most = most
  }

  /** How many characters wait. */
  get characters(): number {
    return this.#characters
  }

  push(data: string): void {
    this.#waiting.push(data)
    this.#characters += data.length
    if (this.#characters > this.#most) this.#drop()
    this.#next()
  }

  /** Forgets what waits. */
  clear(): void {
    this.#keep('')
  }

  /** WQ2: up to the end of a line, so that no sequence is cut in two. */
  #drop(): void {
    const all = this.#waiting.join('')
    const from = all.length - Math.floor(this.#most / 2)
    const line = all.indexOf('\n', from)
    this.#keep(`${anew}${all.slice(line < 0 ? from : line + 1)}`)
  }

  #keep(data: string): void {
    this.#waiting = data === '' ? [] : [data]
    this.#characters = data.length
  }

  /** WQ1 */
  #next(): void {
    if (this.#isDrawing || this.#characters === 0) return
    const all = this.#waiting.join('')
    const part = all.slice(0, this.#part)
    this.#keep(all.slice(part.length))
    this.#isDrawing = true
    const before = this.#now()
    this.#draw(part, () => {
      this.#isDrawing = false
      this.#learn(part.length, this.#now() - before)
      this.#next()
    })
  }

  /** WQ3 */
  #learn(characters: number, ms: number): void {
    if (ms > drawnMs.much) this.#part = Math.max(partCharacters.least, this.#part >> 1)
    else if (ms < drawnMs.little && characters === this.#part) this.#part = Math.min(partCharacters.most, this.#part << 1)
  }
}
