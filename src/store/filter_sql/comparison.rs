//! One predicate on one SQL value → a comparison that is never NULL.

use super::condition::Compiler;
use super::layout::Column;
use crate::scim::datetime::DateTime;
use crate::scim::filter::check::{Number, Order, Predicate, TextTest};

impl Compiler<'_> {
    /// A condition on the value that is false, not NULL, where the value is NULL.
    pub(super) fn predicate(&mut self, value: &str, predicate: &Predicate) -> String {
        match predicate {
            Predicate::Present => format!("ifnull({value} <> '', 0)"),
            Predicate::Is(expected) => format!("({value} IS {})", u8::from(*expected)),
            Predicate::Number(order, number) => {
                let number = match number {
                    Number::Integer(integer) => self.literals.add(*integer),
                    Number::Real(real) => self.literals.add(*real),
                };
                ordered(value, *order, &number)
            }
            Predicate::Time(order, time) => {
                let time = self.literals.add(time.to_sortable());
                ordered(value, *order, &time)
            }
            Predicate::Text {
                test,
                text,
                case_exact,
            } => {
                let value = if *case_exact {
                    value.to_owned()
                } else {
                    format!("lower({value})")
                };
                let literal = self.literals.add(text.as_str());
                let length = text.chars().count();
                match test {
                    TextTest::Order(order) => ordered(&value, *order, &literal),
                    TextTest::Contains => format!("ifnull(instr({value}, {literal}) > 0, 0)"),
                    TextTest::Prefix => format!("(substr({value}, 1, {length}) IS {literal})"),
                    // substr(…, -0) would be the whole.
                    TextTest::Suffix if length == 0 => format!("({value} IS NOT NULL)"),
                    TextTest::Suffix => format!("(substr({value}, -{length}) IS {literal})"),
                }
            }
        }
    }

    pub(super) fn column_test(&mut self, column: Column, predicate: &Predicate) -> String {
        match (column, predicate) {
            (_, Predicate::Present) => "1".to_owned(),
            (Column::Text(sql), predicate) => self.predicate(&sql, predicate),
            (Column::Time(sql), Predicate::Time(order, time)) => {
                // The plus keeps the comparison from choosing the statement's index: see `Reads`.
                self.milliseconds(&format!("+{sql}"), *order, *time)
            }
            // The schema gives these columns no other type.
            (Column::Time(_) | Column::Whole, _) => "0".to_owned(),
        }
    }

    /// The column knows milliseconds; the filter may lie between two.
    pub(super) fn milliseconds(&mut self, column: &str, order: Order, time: DateTime) -> String {
        const MILLISECOND: u32 = 1_000_000;
        let before = self
            .literals
            .add(time.seconds * 1000 + i64::from(time.nanos / MILLISECOND));
        let between = !time.nanos.is_multiple_of(MILLISECOND);
        let operator = match order {
            Order::Eq if between => return "0".to_owned(),
            Order::Ge if between => ">",
            Order::Lt if between => "<=",
            order => symbol(order),
        };
        format!("({column} {operator} {before})")
    }
}

fn ordered(value: &str, order: Order, literal: &str) -> String {
    match order {
        Order::Eq => format!("({value} IS {literal})"),
        order => format!("ifnull({value} {} {literal}, 0)", symbol(order)),
    }
}

fn symbol(order: Order) -> &'static str {
    match order {
        Order::Eq => "=",
        Order::Gt => ">",
        Order::Lt => "<",
        Order::Ge => ">=",
        Order::Le => "<=",
    }
}
