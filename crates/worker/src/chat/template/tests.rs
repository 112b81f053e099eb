//! Chat templates as models carry them, rendered.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;
use crate::chat;

const CHATML_WITH_DEFAULT_SYSTEM: &str = "{% for message in messages %}{% if loop.first and messages[0]['role'] != 'system' %}\
{{ '<|im_start|>system\nYou are helpful<|im_end|>\n' }}{% endif %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + \
'<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

const ALTERNATING_WITHOUT_SYSTEM: &str = "{{ bos_token }}{% if messages[0]['role'] == 'system' %}\
{{ raise_exception('System role not supported') }}{% endif %}{% for message in messages %}\
{% if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('roles must alternate') }}{% endif %}\
{{ '<start_of_turn>' + message['role'] + '\n' + message['content'] | trim + '<end_of_turn>\n' }}{% endfor %}";

fn message(role: Role, content: &str) -> ChatMessage {
    ChatMessage { role, content: content.to_owned() }
}

fn conversation() -> Vec<ChatMessage> {
    vec![
        message(Role::System, "S"),
        message(Role::User, " U1\n"),
        message(Role::Assistant, "A1"),
        message(Role::User, "U2"),
    ]
}

/// The rendering with the contents put back, as a plain Jinja engine would have given it.
fn whole(rendered: &Rendered) -> String {
    rendered
        .pieces
        .iter()
        .map(|piece| match piece {
            Piece::Literal(text) => text.as_str(),
            Piece::Content { message, start, end } => {
                crate::chat::tokens::stripped(&rendered.messages[*message].content, *start, *end)
            }
        })
        .collect()
}

fn check(template: &str, messages: &[ChatMessage], expected: &str) {
    let template = ChatTemplate::new(template, "<bos>".to_owned(), "<eos>".to_owned()).unwrap();
    assert_eq!(whole(&template.render(messages).unwrap()), expected);
}

#[test]
fn contents_stay_as_they_are_where_the_template_does_not_strip() {
    check(
        CHATML_WITH_DEFAULT_SYSTEM,
        &conversation(),
        "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\n U1\n<|im_end|>\n<|im_start|>assistant\nA1<|im_end|>\n\
         <|im_start|>user\nU2<|im_end|>\n<|im_start|>assistant\n",
    );
    check(
        CHATML_WITH_DEFAULT_SYSTEM,
        &[message(Role::User, "U")],
        "<|im_start|>system\nYou are helpful<|im_end|>\n<|im_start|>user\nU<|im_end|>\n<|im_start|>assistant\n",
    );
}

#[test]
fn a_refused_system_text_opens_the_first_user_message_and_trimming_is_seen() {
    check(
        ALTERNATING_WITHOUT_SYSTEM,
        &conversation(),
        "<bos><start_of_turn>user\nS\n\n U1<end_of_turn>\n<start_of_turn>assistant\nA1<end_of_turn>\n\
         <start_of_turn>user\nU2<end_of_turn>\n",
    );
}

#[test]
fn messages_of_one_role_are_joined_where_roles_must_alternate() {
    check(
        ALTERNATING_WITHOUT_SYSTEM,
        &[message(Role::User, "a"), message(Role::User, "b")],
        "<bos><start_of_turn>user\na\n\nb<end_of_turn>\n",
    );
}

#[test]
fn a_dropped_system_text_is_folded_and_a_dropped_message_is_an_error() {
    let only_users = "{% for m in messages if m.role == 'user' %}[{{ m.content }}]{% endfor %}";
    check(only_users, &[message(Role::System, "S"), message(Role::User, "U")], "[S\n\nU]");
    let template = ChatTemplate::new(only_users, String::new(), String::new()).unwrap();
    let error = template.render(&conversation()).unwrap_err();
    assert!(matches!(error, TemplateError::LeftOut { message: 0, of: 4 }), "{error}");
}

#[test]
fn stripping_of_line_feeds_alone_is_told_apart() {
    check(
        "{% for m in messages %}<\n{{ m.content.strip('\\n') }}\n>{% endfor %}",
        &[message(Role::User, "\n a \n")],
        "<\n a \n>",
    );
    check("{% for m in messages %}<{{ m.content.rstrip() }}>{% endfor %}", &[message(Role::User, "\n a \n")], "<\n a>");
}

#[test]
fn content_is_never_read_as_template_or_placeholder() {
    let hostile = format!("{{{{ 1 + 1 }}}} {{% raw %}} {OPEN}0{CLOSE}");
    check(
        "{% for m in messages %}<{{ m.content }}>{% endfor %}",
        &[message(Role::User, &hostile)],
        &format!("<{hostile}>"),
    );
}

#[test]
fn hugging_face_conventions_work() {
    check(
        "{%- for m in messages %}\n    {%- if m.role == 'user' and tools is none %}\n        {{- '[' ~ m['content'] ~ ']' }}\n    \
         {%- endif %}\n{%- endfor %}\n{% generation %}\n{{ 'x'.upper() }}{%- endgeneration %}{{ eos_token }}",
        &[message(Role::User, "U")],
        "[U]X<eos>",
    );
    let template = ChatTemplate::new("{{ strftime_now('%Y-%m-%d') }}", String::new(), String::new()).unwrap();
    let today = whole(&template.render(&[]).unwrap());
    assert_eq!(today.len(), 10, "{today}");
}

#[test]
fn an_endless_template_ends_and_bad_syntax_is_an_error() {
    let endless = "{% for a in range(100000) %}{% for b in range(100000) %}x{% endfor %}{% endfor %}";
    let template = ChatTemplate::new(endless, String::new(), String::new()).unwrap();
    assert!(matches!(template.render(&[]), Err(TemplateError::Refused(_))));
    assert!(matches!(ChatTemplate::new("{% for %}", String::new(), String::new()), Err(TemplateError::Source(_))));
}

#[test]
fn the_built_in_layout_holds_every_message() {
    check(
        chat::HEADINGS,
        &conversation(),
        "S\n\n### Instruction:\n U1\n\n\n### Response:\nHere is the code:\n\nA1\n\n### Instruction:\nU2\n\n\
         ### Response:\nHere is the code:\n\n",
    );
}

#[test]
fn a_turn_that_the_model_has_begun_stays_open() {
    let mut messages = conversation();
    messages.push(message(Role::Assistant, " A2\n"));
    check(
        CHATML_WITH_DEFAULT_SYSTEM,
        &messages,
        "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\n U1\n<|im_end|>\n<|im_start|>assistant\nA1<|im_end|>\n\
         <|im_start|>user\nU2<|im_end|>\n<|im_start|>assistant\n A2\n",
    );
    check(chat::HEADINGS, &messages[1..3], "### Instruction:\n U1\n\n\n### Response:\nHere is the code:\n\nA1");
}
