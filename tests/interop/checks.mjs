// One line for each thing that must hold; the program fails when one does not.
let group = '';
export const under = (name) => { group = name; };
export const must = (what, ok, got) => {
  console.log(ok ? 'ok  ' : 'FAIL', group ? `${group}: ${what}` : what, ok ? '' : got);
  if (!ok) process.exitCode = 1;
  return ok;
};
/** That `run` throws what `is` recognizes. */
export const mustThrow = async (what, is, run) => {
  const caught = await run().then((value) => ({ value }), (error) => ({ error }));
  must(what, 'error' in caught && is(caught.error), caught);
};
