/** Checks what a page sent before it goes to the lab host: the shape of a frame, and only names of the contract. */
import type { ClientFrame } from '../contract/frames.ts'
import { callNames, feedNames } from '../contract/lab-contract.ts'

const names = { call: new Set<unknown>(callNames), follow: new Set<unknown>(feedNames) }

export function readFrame(value: unknown): ClientFrame | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const { id, call, follow, cancel, arguments: given, ...rest } = value as Record<string, unknown>
  if (!Number.isSafeInteger(id) || Object.keys(rest).length > 0) return undefined
  const kinds = [call, follow, cancel].filter(kind => kind !== undefined)
  if (kinds.length !== 1) return undefined
  if (cancel !== undefined) return cancel === true && given === undefined ? { id: id as number, cancel: true } : undefined
  if (typeof given !== 'object' || given === null) return undefined
  if (call !== undefined) return names.call.has(call) ? ({ id, call, arguments: given } as ClientFrame) : undefined
  return names.follow.has(follow) ? ({ id, follow, arguments: given } as ClientFrame) : undefined
}
