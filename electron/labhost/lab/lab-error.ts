import type { ContractError } from '../../contract/frames.ts'
import { FaultError } from '../drills/fault-error.ts'
import { CheckpointError } from '../checkpoints/checkpoint-error.ts'
import { NetworkError } from '../network/network-error.ts'

/** All failures of the lab host that a user sees. `message` is one paragraph: what, where, what to do. */
export class LabError extends Error {
  readonly code: ContractError['code']

  constructor(code: ContractError['code'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'LabError'
    this.code = code
  }
}

export function contractErrorOf(error: unknown): ContractError {
  if (error instanceof LabError) return { code: error.code, message: error.message }
  if (error instanceof FaultError) return { code: error.code, message: error.message }
  if (error instanceof CheckpointError) return { code: error.reason === 'damaged' ? 'failed' : error.reason, message: error.message }
  if (error instanceof NetworkError && error.reason === 'NothingToCapture') return { code: 'unavailable', message: error.message }
  return { code: 'failed', message: error instanceof Error ? error.message : String(error) }
}
