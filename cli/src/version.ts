/** The version of the product, which is that of its manifest. */
import manifest from '../../package.json';

export const version = manifest.version;
