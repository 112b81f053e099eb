//! Makes the built web UI an input of the program, so that a changed UI is never left out of it.

fn main() {
    println!("cargo:rerun-if-changed=../../ui/dist");
}
