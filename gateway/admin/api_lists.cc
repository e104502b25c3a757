// SPDX-License-Identifier: Apache-2.0
// Lists of devices on their way in.
#include <algorithm>
#include <boost/asio/post.hpp>
#include <utility>

#include "gateway/admin/answers.h"
#include "gateway/admin/api.h"
#include "gateway/admin/guard.h"
#include "gateway/base/document.h"
#include "gateway/base/log.h"

namespace msggw::admin {

namespace {

std::size_t count_rows(roster::Format format, std::string_view text) {
  std::size_t rows = 0;
  while (const auto end = roster::extent(format, text, true)) {
    if (!roster::RowReader::is_blank(text.substr(0, end->octets))) ++rows;
    text.remove_prefix(end->with_end);
  }
  return rows;
}

}  // namespace

void Api::take_list(roster::Format format, std::string_view body, const Asked& asked) {
  const http::Responder& responder = asked.responder;
  body = roster::without_mark(body);
  if (lists_.size() >= kMostLists) {
    return responder.respond(
        problem(503, "overloaded", "as many lists wait for their turn as may; try again"));
  }
  List list{asked, context_.clock.now() + kAnswerWithin, roster::RowReader(format),
            std::string(body)};
  if (list.reader.wants_header()) {
    const auto header = roster::extent(format, body, true);
    const auto record = body.substr(0, header ? header->octets : 0);
    if (const auto read = list.reader.read_header(record); !read)
      return responder.respond(failure(read.error()));
    list.at = header->with_end;
  }
  if (count_rows(format, body.substr(list.at)) > kMostRows) {
    return responder.respond(problem(
        413, "too_large",
        "a list may have " + std::to_string(kMostRows) + " devices; send the rest in another"));
  }
  lists_.push_back(std::move(list));
}

/// Lists one after the other, kMostRows rows a turn, so that devices are served in between.
void Api::read_lists() {
  std::size_t budget = kMostRows;
  while (!lists_.empty()) {
    List& list = lists_.front();
    const bool is_read = read_rows(list, budget);
    tell(list);
    if (!is_read) break;
    answer_when_durable(list.asked.responder, result_of(list));
    lists_.pop_front();
  }
  // Else the commit that makes room begins the next turn.
  if (!lists_.empty() && !operations_.is_crowded()) boost::asio::post(context_.io, [] {});
}

/// Whether the list has been read to its end; else the budget is spent, or there is no room for new
/// devices before the next commit.
bool Api::read_rows(List& list, std::size_t& budget) {
  std::string_view rest = std::string_view(list.text).substr(list.at);
  while (const auto end = roster::extent(list.reader.format(), rest, true)) {
    const std::string_view record = rest.substr(0, end->octets);
    if (!roster::RowReader::is_blank(record)) {
      if (budget == 0 || operations_.is_crowded()) return false;
      --budget;
      read_row(list, record);
    }
    list.at += end->with_end;
    rest.remove_prefix(end->with_end);
  }
  return true;
}

/// What was read in this turn becomes durable with it, whatever becomes of the rest of the list.
void Api::tell(List& list) {
  const Counts before = std::exchange(list.told, list.counts);
  const Counts now{list.counts.added - before.added, list.counts.known - before.known,
                   list.counts.failed - before.failed};
  if (now.added + now.known + now.failed == 0) return;
  base::log::info("devices_imported", {{"added", now.added},
                                       {"known", now.known},
                                       {"failed", now.failed},
                                       {"operator", base::to_string(list.asked.source)}});
}

void Api::read_row(List& list, std::string_view record) {
  roster::Row row;
  const auto read = list.reader.read(record, row);
  auto added = read ? add(row) : base::Result<core::Added>(tl::unexpected(read.error()));
  if (list.results.empty()) list.results.reserve(kMostRows * 64);
  if (!list.results.empty()) list.results += ',';
  base::ObjectWriter result(base::Encoding::json, list.results);
  if (added) {
    ++(added->is_new ? list.counts.added : list.counts.known);
    result.text("status", added->is_new ? "added" : "known");
    result.text("privateId", operations_.tables().device(added->device).private_id);
    if (const auto kept = kept_of(*added); !kept.empty()) result.texts("kept", kept);
  } else {
    ++list.counts.failed;
    result.text("status", "failed");
    result.text("cause", base::name_of(added.error().code));
    result.text("detail", added.error().detail);
  }
  result.end();
}

http::Response Api::result_of(const List& list) {
  std::string body;
  base::ObjectWriter writer(base::Encoding::json, body);
  writer.number("added", list.counts.added);
  writer.number("known", list.counts.known);
  writer.number("failed", list.counts.failed);
  writer.json("rows", "[" + list.results + "]");
  writer.end();
  return json_answer(200, std::move(body));
}

}  // namespace msggw::admin
