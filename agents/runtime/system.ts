import { randomBytes } from 'node:crypto'
import type { Clock } from '../base/clock.ts'
import type { Random } from '../base/random.ts'

/** Node's own time. Its timers keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, callback) {
    // setTimeout turns anything above 2^31-1 into 1 ms, so longer waits are cut into pieces.
    const longestMs = 2_147_483_647
    let timer: NodeJS.Timeout
    const arm = (leftMs: number): void => {
      timer = leftMs > longestMs ? setTimeout(() => { arm(leftMs - longestMs) }, longestMs) : setTimeout(callback, Math.max(0, leftMs))
    }
    arm(delayMs)
    return { [Symbol.dispose]: () => { clearTimeout(timer) } }
  },
}

/** Unpredictable chance. Not randomInt, which draws ahead: copies of a process that stood by would share what it kept. */
export const systemRandom: Random = { next: () => randomBytes(6).readUIntBE(0, 6) / 2 ** 48 }
