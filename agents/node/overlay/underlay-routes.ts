/** Nodes may be on several networks with routers between: `172.31.0.0/24=172.30.0.1,…` says behind which router each of the others is. Pure. */
import { ipv4ToNumber, readCidr } from '../../base/ip.ts'
import type { Route } from './backends/backend.ts'

export function readUnderlayRoutes(text: string, device: string): readonly Route[] {
  return text.split(',').filter(entry => entry !== '').map(entry => {
    const [to = '', via = '', ...rest] = entry.split('=')
    if (readCidr(to) === undefined || ipv4ToNumber(via) === undefined || rest.length > 0) throw new Error(`--underlay-routes: "${entry}" is not network=router, such as 172.31.0.0/24=172.30.0.1`)
    return { to, via, device, onlink: false, source: null }
  })
}
