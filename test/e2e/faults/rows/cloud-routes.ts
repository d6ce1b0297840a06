/** Faults of the routes that the cloud makes between nodes, where the overlay is host-gw. */
import type { FaultRows } from '../fault-row.ts'
import { knowsNewNode } from '../lab-view.ts'

export const cloudRouteRows: FaultRows = {
  'cloud-route-missing': ['cloud-controller-manager', { shows: async () => !(await knowsNewNode()), heals: () => knowsNewNode() }],
}
