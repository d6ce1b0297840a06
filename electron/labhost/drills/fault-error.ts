import type { ContractError } from '../../contract/frames.ts'

/** Why a fault was not injected or healed; `message` is for the user. */
export class FaultError extends Error {
  override readonly name = 'FaultError'
  readonly code: ContractError['code']

  constructor(code: ContractError['code'], message: string) {
    super(message)
    this.code = code
  }
}
