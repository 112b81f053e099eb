//! Artifacts, projects and settings.

use brickwork_engine::compliance::journal::{at, plan};
use brickwork_store::{DEFAULT_PROJECT_ID, Project, StoreError};
use futures::executor::block_on;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Folder, tell_happy_run};

#[test]
fn artifacts_list_steps_first_and_final_ones_last() {
    let folder = Folder::new();
    let store = folder.open();
    let run = tell_happy_run(&store, 1, 2, 0);
    tell_happy_run(&store, 2, 1, 0);
    let artifacts = block_on(store.artifacts(run)).unwrap();
    let found: Vec<_> =
        artifacts.iter().map(|one| (&*one.step_name, one.position, one.is_final, &*one.artifact.name)).collect();
    assert_eq!(
        found,
        [
            ("step 0", 0, false, "part_0.rs"),
            ("step 1", 1, false, "part_1.rs"),
            ("assembler", 2, false, "part_2.rs"),
            ("assembler", 2, true, "src/main.rs"),
        ]
    );
    assert!(artifacts.iter().all(|one| !one.simulated));
    assert_eq!(block_on(store.artifacts(Uuid::from_u128(404))).unwrap(), []);
}

#[test]
fn the_default_project_exists_and_others_can_be_added() {
    let folder = Folder::new();
    let store = folder.open();
    let default = block_on(store.project(DEFAULT_PROJECT_ID)).unwrap().unwrap();
    assert_eq!(default.name, "Default project");
    assert_eq!(DEFAULT_PROJECT_ID.to_string(), "550e8400-e29b-41d4-a716-446655440000");
    let mut shop = Project {
        id: Uuid::from_u128(9),
        name: "Shop".into(),
        folder: Some("/home/ana/shop".into()),
        global_context: plan(1).pipeline.global_context,
        created_at: at(1_000_000_000),
    };
    block_on(store.put_project(shop.clone())).unwrap();
    shop.name = "Café".into();
    block_on(store.put_project(shop.clone())).unwrap();
    assert_eq!(block_on(store.projects()).unwrap(), [default, shop.clone()]);
    assert_eq!(block_on(store.project(shop.id)).unwrap(), Some(shop));
    assert_eq!(block_on(store.project(Uuid::nil())).unwrap(), None);
}

#[test]
fn settings_keep_their_shape() {
    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Look {
        theme: String,
        size: f64,
    }
    let folder = Folder::new();
    let look = Look { theme: "dark \0 \"".into(), size: 1.5 };
    let store = folder.open();
    assert_eq!(block_on(store.setting::<Look>("look")).unwrap(), None);
    block_on(store.set_setting("look", &"light")).unwrap();
    let refused = block_on(store.setting::<Look>("look"));
    assert!(matches!(&refused, Err(StoreError::Setting { key, .. }) if key == "look"), "{refused:?}");
    block_on(store.set_setting("look", &look)).unwrap();
    drop(store);
    assert_eq!(block_on(folder.open().setting("look")).unwrap(), Some(look));
}
