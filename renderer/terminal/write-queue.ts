/**
 * What a program writes faster than a screen can draw it.
 *
 *   WQ1  One part is drawn at a time; the next goes to the screen when it says that the last is drawn.
 *   WQ2  Of what waits the newest `most` characters are kept: what is dropped would have scrolled away undrawn. The screen's colours begin anew there.
 */
const partCharacters = 64 * 1024

export class WriteQueue {
  readonly #draw: (data: string, drawn: () => void) => void
  readonly #most: number
  #waiting: string[] = []
  #characters = 0
  #isDrawing = false

  constructor(draw: (data: string, drawn: () => void) => void, most = 2 * 1024 * 1024) {
    this.#draw = draw
    this.#most = most
  }

  push(data: string): void {
    this.#waiting.push(data)
    this.#characters += data.length
    if (this.#characters > this.#most) this.#drop()
    this.#next()
  }

  /** Forgets what waits. */
  clear(): void {
    this.#waiting = []
    this.#characters = 0
  }

  /** WQ2: whole lines go, so that no sequence is cut in two. */
  #drop(): void {
    const all = this.#waiting.join('')
    const from = all.length - Math.floor(this.#most / 2)
    const line = all.indexOf('\n', from)
    const kept = `\x1b[0m${all.slice(line < 0 ? from : line + 1)}`
    this.#waiting = [kept]
    this.#characters = kept.length
  }

  /** WQ1 */
  #next(): void {
    if (this.#isDrawing || this.#characters === 0) return
    let part = ''
    while (this.#waiting.length > 0 && part.length < partCharacters) {
      const next = this.#waiting.shift()!
      const room = partCharacters - part.length
      if (next.length > room) this.#waiting.unshift(next.slice(room))
      part += next.slice(0, room)
    }
    this.#characters -= part.length
    this.#isDrawing = true
    this.#draw(part, () => {
      this.#isDrawing = false
      this.#next()
    })
  }
}
