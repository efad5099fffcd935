using Sequin.Server.Tests.Hosting;

namespace Sequin.Server.Tests.Databases;

/// <summary>What is wrong with a request whatever the source says.</summary>
public sealed class NewDatabaseParserTests(ApiServer server)
{
    private const string Slots = "\"replication_slots\":[{\"slot_name\":\"s\",\"publication_name\":\"p\"}]";
    private const string Address = "\"hostname\":\"127.0.0.1\",\"port\":1,\"database\":\"d\",\"username\":\"u\"";
    private const string Name = "\"name\":\"n\"";

    /// <summary>Up to the slots.</summary>
    private const string Start = $"{Name},{Address},\"replication_slots\":[";

    [Theory]
    [InlineData("{}", "name")]
    [InlineData("{}", "hostname")]
    [InlineData("{}", "database")]
    [InlineData("{}", "username")]
    [InlineData("{}", "replication_slots")]
    [InlineData($$"""{"name":"a b",{{Address}},{{Slots}}}""", "name")]
    [InlineData($$"""{"name":"0198c6a2-7d1e-7000-8000-000000000000",{{Address}},{{Slots}}}""", "name")]
    [InlineData($$"""{{{Name}},"hostname":"h","port":0,"database":"d","username":"u",{{Slots}}}""", "port")]
    [InlineData($$"""{{{Name}},"hostname":"h","port":65536,"database":"d","username":"u",{{Slots}}}""", "port")]
    [InlineData($$"""{{{Name}},"hostname":"/var/run/postgresql","database":"d","username":"u",{{Slots}}}""", "hostname")]
    [InlineData($$"""{{{Name}},"hostname":"a,b","database":"d","username":"u",{{Slots}}}""", "hostname")]
    [InlineData($$"""{{{Name}},"hostname":"h","database":"d\u0000","username":"u",{{Slots}}}""", "database")]
    [InlineData($$"""{{{Name}},{{Address}},"password":"a\u0000",{{Slots}}}""", "password")]
    [InlineData($$"""{{{Name}},{{Address}},"ssl":"sometimes",{{Slots}}}""", "ssl")]
    [InlineData($$"""{{{Name}},{{Address}},"pool_size":0,{{Slots}}}""", "pool_size")]
    [InlineData($$"""{{{Name}},{{Address}},"pool_size":101,{{Slots}}}""", "pool_size")]
    [InlineData($$"""{{{Name}},{{Address}},"annotations":[],{{Slots}}}""", "annotations")]
    [InlineData($$"""{{{Name}},{{Address}},"annotations":"x",{{Slots}}}""", "annotations")]
    [InlineData($$"""{{{Name}},{{Address}},"primary":{"hostname":"h"},{{Slots}}}""", "primary")]
    [InlineData($$"""{{{Name}},{{Address}},"use_local_tunnel":true,{{Slots}}}""", "use_local_tunnel")]
    [InlineData($$"""{{{Name}},{{Address}},"tables":["a.b.c"],{{Slots}}}""", "tables")]
    [InlineData($$"""{{{Name}},{{Address}},"tables":[null],{{Slots}}}""", "tables")]
    [InlineData($$"""{{{Name}},{{Address}},"replication_slots":[]}""", "replication_slots")]
    [InlineData($$"""{{{Name}},{{Address}},"replication_slots":[null]}""", "replication_slots")]
    [InlineData($$"""{{{Start}}{"slot_name":"a","publication_name":"p"},{"slot_name":"b","publication_name":"p"}]}""", "replication_slots")]
    [InlineData($$"""{{{Name}},{{Address}},"replication_slots":[{"publication_name":"p"}]}""", "replication_slots.slot_name")]
    [InlineData($$"""{{{Start}}{"slot_name":"Upper","publication_name":"p"}]}""", "replication_slots.slot_name")]
    [InlineData($$"""{{{Name}},{{Address}},"replication_slots":[{"slot_name":"s"}]}""", "replication_slots.publication_name")]
    [InlineData($$"""{{{Start}}{"slot_name":"s","publication_name":"p","status":"disabled"}]}""", "replication_slots.status")]
    [InlineData($$"""{{{Name}},"url":"http://u:p@h/d",{{Slots}}}""", "url")]
    [InlineData($$"""{{{Name}},"url":"postgres://u:p@h",{{Slots}}}""", "url")]
    [InlineData($$"""{{{Name}},"url":"postgres://u:p@%2Ftmp/d",{{Slots}}}""", "url")]
    [InlineData($$"""{{{Name}},"url":"postgres://u:p@h/d","hostname":"h",{{Slots}}}""", "url")]
    public async Task A_field_that_is_not_valid_is_named(string body, string field)
    {
        var answer = (await server.Api.PostAsync("/api/postgres_databases", body)).IsProblem(422);

        Assert.True(answer.Json.GetProperty("validation_errors").TryGetProperty(field, out _), answer.Body);
    }

    [Fact]
    public async Task A_password_in_a_bad_URL_does_not_come_back()
    {
        var body = $$"""{{{Name}},"url":"postgres://u:hun/ter2@h/d",{{Slots}}}""";

        var answer = (await server.Api.PostAsync("/api/postgres_databases", body)).IsProblem(422);

        Assert.DoesNotContain("ter2", answer.Body, StringComparison.Ordinal);
    }
}
