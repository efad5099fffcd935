# One command each. Plain dotnet lines, for those without make.
.PHONY: build test bench format demo torture

build:
	dotnet build Sequin.Orleans.sln

test:
	dotnet test Sequin.Orleans.sln

format:
	dotnet format Sequin.Orleans.sln

bench:
	dotnet run -c Release --project tests/Sequin.Benchmarks -- throughput
	dotnet run -c Release --project tests/Sequin.Benchmarks -- latency
	dotnet run -c Release --project tests/Sequin.Benchmarks -- decode

torture:
	dotnet run -c Release --project tests/Sequin.Torture -- kill
	dotnet run -c Release --project tests/Sequin.Torture -- restart
	dotnet run -c Release --project tests/Sequin.Torture -- oracle
	dotnet run -c Release --project tests/Sequin.Torture -- large

demo:
	dotnet run --project src/Sequin.Server -- demo
