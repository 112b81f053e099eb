//! What the models folder lists.

use std::fs;

use brickwork_models::ModelsFolder;

use crate::builder::Gguf;

#[test]
fn scan_lists_files_of_two_levels_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    fs::create_dir_all(dir.join("acme/deep")).unwrap();
    fs::create_dir(dir.join("folder.gguf")).unwrap();
    let model = Gguf::small().bytes();
    for name in ["b.gguf", "a.Q4_1.GGUF", "acme/b.gguf", "acme/c.gguf", "acme/deep/d.gguf", "notes.txt"] {
        fs::write(dir.join(name), &model).unwrap();
    }
    fs::write(dir.join("cut.gguf"), &model[..100]).unwrap();

    let files = ModelsFolder::scan(dir).unwrap();
    let ids: Vec<_> = files.iter().map(|file| &*file.id).collect();
    assert_eq!(ids, ["a.Q4_1", "b", "cut", "acme/b", "c"]);
    assert!(files.iter().all(|file| file.path.is_absolute() && file.path.is_file()));
    assert_eq!(files[0].gguf.as_ref().unwrap().architecture, "llama");
    assert_eq!((files[0].size_bytes, files[2].size_bytes), (model.len() as u64, 100));
    assert!(files[2].problem.as_ref().unwrap().contains("missing"), "{:?}", files[2].problem);
}

#[test]
fn a_missing_folder_holds_nothing_and_a_file_is_no_folder() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(ModelsFolder::scan(&folder.path().join("none")).unwrap(), []);
    let file = folder.path().join("file");
    fs::write(&file, "x").unwrap();
    let refused = ModelsFolder::scan(&file).unwrap_err().to_string();
    assert!(refused.contains("BRICKWORK_MODELS_DIR"), "{refused}");
}
