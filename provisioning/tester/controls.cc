// SPDX-License-Identifier: Apache-2.0
// The listener of a tester: /test/v1.
#include <boost/json/value_from.hpp>
#include <boost/url/parse_query.hpp>
#include <charconv>

#include "adapters/wire/http/same_site.h"
#include "gateway/base/json.h"
#include "provisioning/tester/members.h"
#include "provisioning/tester/script.h"
#include "provisioning/tester/tester.h"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace msggw::tester {

namespace {

constexpr std::string_view kRoot = "/test/v1/";
constexpr std::size_t kMostPage = 10'000;
constexpr std::uint64_t kMostDownMs = 3'600'000;

http::Response json(unsigned status, const boost::json::object& body = {}) {
  http::Response response;
  response.status = status;
  response.content_type = "application/json";
  base::append_json(response.body, body);
  response.body += '\n';
  return response;
}

http::Response problem(unsigned status, std::string_view detail) {
  http::Response response = json(status, {{"status", status}, {"detail", detail}});
  response.content_type = "application/problem+json";
  return response;
}

http::Response only(const char* methods) {
  http::Response response = problem(405, std::string("the methods here are ") + methods);
  response.headers.emplace_back("allow", methods);
  return response;
}

template <class Number>
bool read_number(std::string_view text, Number& into) {
  const auto end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, into);
  return error == std::errc{} && stop == end;
}

/// One parameter of a journal query. Empty: understood; else what is wrong.
std::string read_parameter(std::string_view key, const std::string& value, Filter& filter) {
  const auto wrong = [&](const char* allowed) { return std::string(key) + " must be " + allowed; };
  if (key == "privateId") return filter.private_id = value, "";
  if (key == "gateway") return filter.gateway = value, "";
  if (key == "serviceId") return filter.service_id = value, "";
  if (key == "fault") return filter.fault = value, "";
  if (key == "channel") {
    filter.channel = base::scheme_of(value);
    return filter.channel ? "" : wrong("http, https, coap, coaps, coap+tcp or coaps+tcp");
  }
  if (key == "operation") {
    filter.operation = named<Operation>(value);
    return filter.operation ? "" : wrong("provision, bulk, message, read, release or other");
  }
  if (key == "status") {
    unsigned status = 0;
    if (!read_number(value, status)) return wrong("a number, 0 for no answer");
    filter.status = status;
    return "";
  }
  if (key == "after") return read_number(value, filter.after) ? "" : wrong("a number");
  if (key == "limit") {
    const bool good = read_number(value, filter.limit) && filter.limit <= kMostPage;
    return good ? "" : wrong("a number up to 10000");
  }
  return std::string(key) +
         " is not known; there are privateId, gateway, serviceId, fault, channel, operation, "
         "status, after and limit";
}

base::Result<Filter> read_filter(std::string_view query) {
  Filter filter;
  if (query.empty()) return filter;
  const auto parameters =
      boost::urls::parse_query(boost::urls::string_view(query.data(), query.size()));
  if (!parameters) return base::fail(base::Errc::malformed, "the query is no query");
  for (const auto& parameter : *parameters) {
    const std::string key = parameter.key.decode();
    if (auto wrong = read_parameter(key, parameter.value.decode(), filter); !wrong.empty())
      return base::fail(base::Errc::incorrect, std::move(wrong));
  }
  return filter;
}

}  // namespace

http::Response Tester::handle(const http::Request& request) {
  std::string_view path = request.path;
  const http::Site site = http::site_of(request, options_.hosts);
  if (site == http::Site::foreign_host)
    return problem(403, "the Host of this request is no address; list its names in pf.test.hosts");
  if (site == http::Site::foreign_origin)
    return problem(403, "this request was made by a page of another origin");
  if (path.starts_with(kRoot)) {
    path.remove_prefix(kRoot.size());
    if (path == "journal") return on_journal(request);
    if (path == "faults") return on_faults(request);
    if (path.starts_with("faults/")) return on_fault(request, path.substr(7));
    if (path == "counters") return on_counters(request);
    if (path == "reset") return on_reset(request);
    if (path == "restart") return on_restart(request);
  }
  return problem(404,
                 "nothing here; there are /test/v1/journal, faults, faults/NAME, counters, reset "
                 "and restart");
}

http::Response Tester::on_journal(const http::Request& request) {
  if (request.method == "DELETE") {
    journal_.clear();
    return json(200);
  }
  if (request.method != "GET") return only("GET, DELETE");
  const auto filter = read_filter(request.query);
  if (!filter) return problem(400, filter.error().detail);
  boost::json::array entries;
  journal_.visit(*filter, [&](const Entry& entry) { entries.push_back(show(entry)); });
  return json(
      200, {{"last", journal_.last()}, {"lost", journal_.lost()}, {"entries", std::move(entries)}});
}

http::Response Tester::on_faults(const http::Request& request) {
  if (request.method == "DELETE") {
    faults_.clear();
    return json(200);
  }
  if (request.method == "GET") {
    boost::json::array faults;
    for (const Faults::Entry& entry : faults_.entries()) faults.push_back(show(entry));
    return json(200, {{"faults", std::move(faults)}});
  }
  if (request.method != "POST") return only("GET, POST, DELETE");
  auto fault = parse_fault(request.body);
  if (!fault) return problem(400, fault.error().detail);
  const auto name = faults_.add(std::move(*fault));
  if (!name)
    return problem(name.error().code == base::Errc::overloaded ? 403 : 409, name.error().detail);
  return json(201, {{"name", *name}});
}

http::Response Tester::on_fault(const http::Request& request, std::string_view name) {
  if (request.method != "DELETE") return only("DELETE");
  if (!faults_.remove(name)) return problem(404, "there is no fault of that name");
  return json(200);
}

http::Response Tester::on_counters(const http::Request& request) const {
  if (request.method != "GET") return only("GET");
  boost::json::object fired;
  for (const Faults::Entry& entry : faults_.entries()) fired[entry.fault.name] = entry.fired;
  return json(200, {{"asked", boost::json::value_from(asked_)},
                    {"answered", boost::json::value_from(answered_)},
                    {"faults", std::move(fired)}});
}

http::Response Tester::on_reset(const http::Request& request) {
  if (request.method != "POST") return only("POST");
  journal_.clear();
  faults_.clear();
  asked_.clear();
  answered_.clear();
  return json(200);
}

/// `{"downMs":2000,"loseStore":true}`, both optional.
http::Response Tester::on_restart(const http::Request& request) {
  if (request.method != "POST") return only("POST");
  std::uint64_t down = 0;
  bool lose_store = false;
  if (!request.body.empty()) {
    const auto value = base::parse_json(request.body, {});
    if (!value || !value->is_object()) return problem(400, "the body must be a JSON object");
    std::string wrong;
    Members members(value->get_object(), "", {"downMs", "loseStore"}, wrong);
    members.number("downMs", down, 0, kMostDownMs);
    members.flag("loseStore", lose_store);
    if (!wrong.empty()) return problem(400, wrong);
  }
  hooks_.restart(base::Duration(static_cast<base::Duration::rep>(down)), lose_store);
  return json(200);
}

}  // namespace msggw::tester
