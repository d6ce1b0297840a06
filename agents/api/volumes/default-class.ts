/**
 * The class that is meant where none is named, as admission and the volume binder both have to judge it.
 * Upstream: pkg/volume/util/storageclass.go, GetDefaultClass.
 *
 *   DF1  A class is a default by the annotation is-default-class, of storage classes also by its beta name.
 *   DF2  Among several the youngest is meant, then the first by name.
 */

interface MaybeDefault {
  readonly metadata: { readonly name?: string; readonly creationTimestamp?: string; readonly annotations?: Readonly<Record<string, string>> }
}

/** DF1 */
export const defaultStorageAnnotations = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'] as const

export function youngestDefault<C extends MaybeDefault>(classes: readonly C[], annotations: readonly string[]): C | undefined {
  const marked = classes.filter(({ metadata }) => annotations.some(annotation => metadata.annotations?.[annotation] === 'true'))
  return marked.sort((a, b) => (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? '') || a.metadata.name!.localeCompare(b.metadata.name!))[0] // DF2
}
