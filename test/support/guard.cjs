/**
 * Read by mocha before any suite: the programs that tests start have no guarded blocks unless a test asks for
 * them, so that damage is there to be found later, and blocks lie where the suites expect them.
 */
process.env.SPACES_GUARD ??= 'off';
