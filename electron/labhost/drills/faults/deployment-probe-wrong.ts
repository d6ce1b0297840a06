/** A readiness probe asks at the wrong port. */
import { containerFault } from './template-fault.ts'

export const deploymentProbeWrong = containerFault({
  name: 'deployment-probe-wrong', title: 'A readiness probe at the wrong port',
  parameters: [{ name: 'port', type: 'number', unit: '', least: 1, most: 65_535, default: 9 }],
  effect: 'The containers of the deployment get a readiness probe that connects to a port nobody listens on.',
  evidence: 'New pods run and never become Ready, with Unhealthy; the rollout stands still, and the old pods serve on.',
  wrong: (container, { port }) => ({ ...container, readinessProbe: { tcpSocket: { port: Math.round(Number(port)) }, periodSeconds: 5, timeoutSeconds: 1, successThreshold: 1, failureThreshold: 3 } }),
})
