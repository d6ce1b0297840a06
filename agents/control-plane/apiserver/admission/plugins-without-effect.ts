/** Upstream's plugins that are accepted by name and have nothing to act on here, and why. */
export const pluginsWithoutEffect: Readonly<Record<string, string>> = {
  ClusterTrustBundleAttest: 'ClusterTrustBundles are a beta kind that is not served',
  PodGroupProtection: 'PodGroups are an alpha kind that is not served',
  PodGroupWorkloadExists: 'PodGroups are an alpha kind that is not served',
  NodeDeclaredFeatureValidator: 'nodes declare no features; upstream acts only with a gate that is off',
  JobValidation: 'upstream acts only with the gate WorkloadWithJob, which is off',
}
