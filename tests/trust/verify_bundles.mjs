// node verify_bundles.mjs MODULES KEY FILE...: what @sigstore/verify says of each bundle, as JSON: file -> "" or why not.
import {createHash, createPublicKey} from "node:crypto";
import {readFileSync} from "node:fs";
import {createRequire} from "node:module";

const [modules, keyFile, ...files] = process.argv.slice(2);
const require = createRequire(`${modules}/`);
const {bundleFromJSON} = require("@sigstore/bundle");
const {toSignedEntity, toTrustMaterial, Verifier} = require("@sigstore/verify");

const pem = readFileSync(keyFile);
// The key is trusted under its fingerprint alone: a bundle that names another finds none.
const hint = createHash("sha256").update(pem).digest("hex");
const rawBytes = createPublicKey(pem).export({format: "der", type: "spki"});
const PKIX_ECDSA_P256_SHA_256 = 5;
const keys = {[hint]: {rawBytes, keyDetails: PKIX_ECDSA_P256_SHA_256}};
const nobody = {certificateAuthorities: [], timestampAuthorities: [], tlogs: [], ctlogs: []};
const verifier = new Verifier(toTrustMaterial(nobody, keys), {tlogThreshold: 0, ctlogThreshold: 0, tsaThreshold: 0});

const told = files.map((file) => {
  try {
    const signer = verifier.verify(toSignedEntity(bundleFromJSON(JSON.parse(readFileSync(file, "utf8")))));
    return [file, signer.key.equals(createPublicKey(pem)) ? "" : "verified with another key"];
  } catch (error) {
    return [file, String(error.message || error)];
  }
});
console.log(JSON.stringify(Object.fromEntries(told)));
