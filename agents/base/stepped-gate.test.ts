import { expect, test } from 'vitest'
import { SteppedGate } from './stepped-gate.ts'

async function isWaiting(wait: Promise<void>): Promise<boolean> {
  return await Promise.race([wait.then(() => false), Promise.resolve().then(() => Promise.resolve()).then(() => true)])
}

test('SG1 a step lets one through, and is forgotten when all may pass', () => {
  const gate = new SteppedGate()
  gate.step()
  gate.pause()
  expect(gate.isHeld, 'a step before it was paused counts for nothing').toBe(true)
  gate.step()
  expect(gate.isHeld).toBe(false)
  gate.passed()
  expect(gate.isHeld).toBe(true)
  gate.step()
  gate.step()
  gate.resume()
  gate.pause()
  expect(gate.isHeld).toBe(true)
})

test('SG2 who waits is let go by a step, by resume, and by the end', async () => {
  const gate = new SteppedGate()
  const end = new AbortController()
  gate.pause()
  const waits = [gate.opened(end.signal), gate.opened(end.signal)]
  expect(await isWaiting(waits[0]!)).toBe(true)
  gate.step()
  await waits[0]
  gate.passed()
  const later = gate.opened(end.signal)
  expect(await isWaiting(later)).toBe(true)
  gate.resume()
  await later
  gate.pause()
  const last = gate.opened(end.signal)
  end.abort()
  await last
})
