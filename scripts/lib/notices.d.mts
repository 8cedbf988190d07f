export interface BundledPackage {
  name: string;
  version: string;
  licence: string;
  text: string;
}
export function bundledPackages(): BundledPackage[];
export function notices(): string;
