/** Containers that the kernel ends for want of memory. */
import { containerFault } from './template-fault.ts'

export const deploymentMemoryLimitTooSmall = containerFault({
  name: 'deployment-memory-limit-too-small', title: 'Containers that run out of memory',
  parameters: [{ name: 'MiB', type: 'number', unit: 'MiB', least: 4, most: 1_048_576, default: 16 }],
  effect: 'The containers of the deployment use more memory than their limit, which is set to so much, allows: a program in them asks for twice as much.',
  evidence: 'The kernel ends them: OOMKilled with exit code 137, and then CrashLoopBackOff; memory.events of the cgroup counts it.',
  wrong: ({ args: _, ...container }, { MiB }) => ({ ...container, command: ['sh', '-c', `dd if=/dev/zero of=/dev/null bs=${Math.round(Number(MiB)) * 2}M count=1`], resources: { limits: { memory: `${Math.round(Number(MiB))}Mi` }, requests: { memory: `${Math.round(Number(MiB))}Mi` } } }),
})
