/** A router as the lab plans it; addresses and networks as texts, so that it can be sent to the switch's thread and shown. */
import { ipv4ToNumber, readCidr } from '../../../../agents/base/ip.ts'
import { readMac } from '../packets/ethernet.ts'
import type { RouterOptions } from './router.ts'

/** The network that every lab has. */
export const usualNetwork = 'lan'

export interface RouterPlan {
  readonly name: string
  readonly interfaces: readonly { readonly network: string; readonly cidr: string; readonly address: string; readonly mac: string; readonly mtuBytes: number }[]
  readonly routes: readonly { readonly to: string; readonly via: string }[]
}

/** Of the port that a router has on a network; no node has a dot in its name. */
export function routerPortName(router: string, network: string): string {
  return `${router}.${network}`
}

export function readRouterPlan({ interfaces, routes }: RouterPlan): Pick<RouterOptions, 'interfaces' | 'routes'> {
  return {
    interfaces: interfaces.map(({ network, cidr, address, mac, mtuBytes }) => ({ network, mtuBytes, address: ipv4ToNumber(address)!, range: readCidr(cidr)!, mac: readMac(mac)! })),
    routes: routes.map(({ to, via }) => ({ to: readCidr(to)!, via: ipv4ToNumber(via)! })),
  }
}
