//! The runner's own account of why there is no result: a framework that lacks something is `unsupported` with a reason; anything else
//! that goes wrong is `failed`.

use std::fmt::Display;

use serde::Serialize;

pub type Answer<T> = Result<T, Failure>;

/// Why something is unsupported (docs/protocol.md).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    Operator,
    Precision,
    Device,
    Platform,
    Build,
    Memory,
    NotSetUp,
}

/// A node that the framework cannot do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct NodeIssue {
    pub node: String,
    pub op: String,
    pub message: String,
}

/// Any error becomes a `failed` one by `?`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// None: `failed`.
    pub reason: Option<Reason>,
    pub message: String,
    pub nodes: Vec<NodeIssue>,
}

impl Failure {
    pub fn failed(message: impl Display) -> Self {
        Self { reason: None, message: message.to_string(), nodes: Vec::new() }
    }

    pub fn unsupported(reason: Reason, message: impl Display) -> Self {
        Self { reason: Some(reason), message: message.to_string(), nodes: Vec::new() }
    }

    /// `nodes` are all nodes that the framework cannot do, not the first; at least one.
    pub fn unsupported_nodes(nodes: Vec<NodeIssue>) -> Self {
        let plural = if nodes.len() == 1 { " is" } else { "s are" };
        let NodeIssue { node, op, message } = &nodes[0];
        let text = format!("{} node{plural} unsupported, the first: {node} ({op}): {message}", nodes.len());
        Self { nodes, ..Self::unsupported(Reason::Operator, text) }
    }
}

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::failed(error)
    }
}
