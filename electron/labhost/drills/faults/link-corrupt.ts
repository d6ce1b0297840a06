/** A bit is wrong. */
import { numberOf } from '../fault.ts'
import { linkFault, percentParameter } from './link-fault.ts'

export const linkCorrupt = linkFault({
  name: 'link-corrupt', title: 'Frames are damaged',
  parameters: [percentParameter('percent', 5)],
  effect: 'One bit of a frame is turned over on its way.',
  evidence: 'Checksum errors in the receiver (nstat TcpInCsumErrors, UdpInCsumErrors); to TCP it looks like loss.',
  impairments: order => ({ corruptPercent: numberOf(order, 'percent') }),
})
