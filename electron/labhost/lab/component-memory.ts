/** How much memory the processes of components are told to get by with: a lab has a dozen of them on one desktop. */

/** The space young objects may take, MiB. */
const semiSpaceMiB: Readonly<Record<string, number>> = { 'kube-apiserver': 16, 'kube-controller-manager': 4, 'kube-scheduler': 8, 'metrics-server': 1, 'simulated-kubelets': 8 }

/**
 * Of Node.js; the same at every start of a component, since kept code counts only for the flags it was compiled with.
 * Spaces this small are collected by one thread as fast as by several, which wait for each other: with a busy API server that
 * saves a tenth of its processor time.
 */
export function memoryFlags(component: string): readonly string[] {
  return [`--max-semi-space-size=${semiSpaceMiB[component] ?? 2}`, '--no-parallel-scavenge']
}

/**
 * Of glibc's allocator; others take no notice. One arena, because what several leave free between live blocks is never
 * given back; thresholds that stay at what they start with, so that large blocks always go back to the system.
 */
export const allocatorEnvironment: Readonly<Record<string, string>> = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '131072', MALLOC_TRIM_THRESHOLD_: '131072' }
