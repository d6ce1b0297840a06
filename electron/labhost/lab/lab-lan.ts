/**
 * The LAN of one lab: the virtual switch, and which machines are on it.
 *
 *   LL1  A virtual machine has a port of its own on the switch, under its name, on its network.
 *   LL2  Namespace machines share a bridge, which is on the usual network. It is joined to the switch, once, as soon as machines of both kinds run,
 *        whichever kind came first; a lab with one kind does not pay for it.
 *   LL3  Where joining fails, every namespace machine is told; the next machine that comes tries again.
 *   LL4  The bridge ends with its last machine, and so does its port; it is opened anew for the next.
 */
import type { LanAttachment } from '../machines/machine.ts'
import { usualNetwork } from '../network/routing/router-plan.ts'
import type { SwitchThread } from '../network/switch/switch-thread.ts'

export type LanSwitch = Pick<SwitchThread, 'attach' | 'detach'>

interface BridgeMember {
  readonly openUplink: () => Promise<string>
  readonly failed: (error: unknown) => void
}

const bridgePort = 'bridge'

export class LabLan {
  readonly #switch: LanSwitch
  readonly #streams = new Set<string>()
  readonly #bridged = new Map<string, BridgeMember>()
  #uplink: 'none' | 'opening' | 'open' = 'none'

  constructor(lanSwitch: LanSwitch) {
    this.#switch = lanSwitch
  }

  /** @param failed called when this machine cannot meet those of the other kind */
  join(name: string, network: string, lan: LanAttachment, failed: (error: unknown) => void): void {
    if (lan.type === 'frame-stream') {
      this.#switch.attach(name, lan.socketPath, network) // LL1
      this.#streams.add(name)
    } else {
      this.#bridged.set(name, { openUplink: () => lan.openUplink(), failed })
    }
    void this.#meet()
  }

  leave(name: string): void {
    if (this.#streams.delete(name)) this.#switch.detach(name)
    if (!this.#bridged.delete(name) || this.#bridged.size > 0) return
    this.#switch.detach(bridgePort) // LL4
    this.#uplink = 'none'
  }

  /** LL2 */
  async #meet(): Promise<void> {
    const [member] = this.#bridged.values()
    if (this.#uplink !== 'none' || this.#streams.size === 0 || member === undefined) return
    this.#uplink = 'opening'
    try {
      const socketPath = await member.openUplink()
      if (this.#bridged.size === 0) return // LL4: all left meanwhile
      this.#switch.attach(bridgePort, socketPath, usualNetwork)
      this.#uplink = 'open'
    } catch (error) {
      this.#uplink = 'none' // LL3
      for (const { failed } of this.#bridged.values()) failed(error)
    }
  }
}
