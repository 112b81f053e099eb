//! `brickwork projects`.

use brickwork_app::{App, Project, ProjectRequest, project_id_of};
use serde_json::{Map, Value, json};

use super::read_text;
use crate::args::ProjectsCommand;
use crate::exit::Failure;

/// Lists, makes, shows or deletes projects.
pub(crate) async fn projects(app: &App, command: ProjectsCommand) -> Result<(), Failure> {
    match command {
        ProjectsCommand::List { json } => {
            let projects = app.projects().await?;
            if json {
                println!("{}", json!({ "projects": projects }));
                return Ok(());
            }
            for project in projects {
                println!("{}  {}", project.id, project.name);
            }
        }
        ProjectsCommand::Create { name, folder, context, json } => {
            let folder = folder.map(std::path::absolute).transpose();
            let folder = folder.map_err(|error| Failure::invalid(format!("The folder is no usable path: {error}.")))?;
            let folder = folder.map(|folder| folder.display().to_string());
            let global_context = context.as_deref().map(read_context).transpose()?.unwrap_or_default();
            print(&app.create_project(ProjectRequest { name, folder, global_context }).await?, json)?;
        }
        ProjectsCommand::Show { project, json } => print(&app.project(project_id_of(&project)?).await?, json)?,
        ProjectsCommand::Delete { project, with_content, json } => {
            let id = project_id_of(&project)?;
            app.delete_project(id, with_content).await?;
            if json { println!("{}", json!({ "deleted": id })) } else { println!("Deleted project {id}") }
        }
    }
    Ok(())
}

fn read_context(name: &str) -> Result<Map<String, Value>, Failure> {
    serde_json::from_str(&read_text(name)?).map_err(|error| {
        Failure::invalid(format!("`{name}` holds no JSON object: {error}. Give one, e.g. {{\"key\": 1}}."))
    })
}

fn print(project: &Project, json: bool) -> Result<(), Failure> {
    if json {
        println!("{}", serde_json::to_string(project)?);
        return Ok(());
    }
    println!("{}  {}", project.id, project.name);
    println!("Made     {}", project.created_at);
    if let Some(folder) = &project.folder {
        println!("Folder   {folder}");
    }
    if !project.global_context.is_empty() {
        println!("Context  {}", serde_json::to_string(&project.global_context)?);
    }
    Ok(())
}
